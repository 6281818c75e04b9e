package serve

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"nirvana/engine/fault"
	"nirvana/engine/wholefile"
)

// ShortestToken is the minimum length of a token, characters: it must withstand guessing over a network.
const ShortestToken = 16

// NewToken draws a random token, 26 letters and digits with 128 bits.
func NewToken() string { return strings.ToLower(rand.Text()) }

// Certificate has the PEM files of a self-signed certificate, and its SHA-256, by which people can verify it.
type Certificate struct{ Certificate, Key, Fingerprint string }

// lasts is how long a self-signed certificate is valid; browsers refuse more than 825 days. It is renewed a month
// before its end, and when the machine has addresses that it does not name.
const (
	lasts = 800 * 24 * time.Hour
	renew = 30 * 24 * time.Hour
)

// OwnCertificate returns this machine's self-signed certificate in a folder; it is created if there is none for the
// machine's present addresses.
func OwnCertificate(folder string) (Certificate, error) {
	c := Certificate{Certificate: filepath.Join(folder, "serve-cert.pem"), Key: filepath.Join(folder, "serve-key.pem")}
	names, ips := thisMachine()
	if der, err := readCertificate(c); err == nil && current(der, ips) {
		c.Fingerprint = fingerprint(der.Raw)
		return c, nil
	}
	raw, err := makeCertificate(c, names, ips)
	c.Fingerprint = fingerprint(raw)
	return c, err
}

func readCertificate(c Certificate) (*x509.Certificate, error) {
	if _, err := os.Stat(c.Key); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(c.Certificate)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, fmt.Errorf("%s is not a certificate", c.Certificate)
	}
	return x509.ParseCertificate(block.Bytes)
}

func current(c *x509.Certificate, ips []net.IP) bool {
	for _, ip := range ips {
		if c.VerifyHostname("["+ip.String()+"]") != nil {
			return false
		}
	}
	return time.Until(c.NotAfter) > renew
}

func makeCertificate(c Certificate, names []string, ips []net.IP) (raw []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: "Nirvana on this machine"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(lasts),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true, DNSNames: names, IPAddresses: ips}
	if raw, err = x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key); err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	if err := writePEM(c.Key, "PRIVATE KEY", private); err != nil {
		return nil, err
	}
	return raw, writePEM(c.Certificate, "CERTIFICATE", raw)
}

func writePEM(path, kind string, data []byte) error {
	return fault.Unwritable.Mark(wholefile.Write(path, 0o600, func(w io.Writer) error { return pem.Encode(w, &pem.Block{Type: kind, Bytes: data}) }))
}

// thisMachine returns the machine's names and addresses.
func thisMachine() (names []string, ips []net.IP) {
	names, ips = []string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	if name, err := os.Hostname(); err == nil && name != "" {
		names = append(names, name, name+".local")
	}
	all, _ := net.InterfaceAddrs()
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
			ips = append(ips, n.IP)
		}
	}
	return names, ips
}

// fingerprint formats the SHA-256 as browsers do.
func fingerprint(raw []byte) string {
	var pairs []string
	for _, b := range sha256.Sum256(raw) {
		pairs = append(pairs, fmt.Sprintf("%02X", b))
	}
	return strings.Join(pairs, ":")
}
