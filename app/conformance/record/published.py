"""Names and shapes of the published models' tensors in the original code's names: diffusers' and transformers' own classes
with the published configs, on torch's meta device, renamed as in checkpoints.py. See ../../../engine/network/published.

    python published.py OUT
"""
import gzip, io, os, sys
import torch, diffusers, transformers
import checkpoints as c
torch.set_default_device('meta')
def clip(cls, **k): return getattr(transformers, cls)(transformers.CLIPTextConfig(vocab_size=49408, max_position_embeddings=77, **k))
L=lambda cls='CLIPTextModel': clip(cls, hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12, projection_dim=768)
G=lambda: clip('CLIPTextModelWithProjection', hidden_size=1280, intermediate_size=5120, num_hidden_layers=32, num_attention_heads=20, projection_dim=1280, hidden_act='gelu')
H=lambda: clip('CLIPTextModel', hidden_size=1024, intermediate_size=4096, num_hidden_layers=23, num_attention_heads=16, hidden_act='gelu')
T5=lambda: transformers.T5EncoderModel(transformers.T5Config(d_model=4096,d_ff=10240,d_kv=64,num_heads=64,num_layers=24,vocab_size=32128,feed_forward_proj='gated-gelu'))
VAE=lambda ch=4, quant=True: diffusers.AutoencoderKL(down_block_types=['DownEncoderBlock2D']*4, up_block_types=['UpDecoderBlock2D']*4, block_out_channels=[128,256,512,512], layers_per_block=2, latent_channels=ch, use_quant_conv=quant, use_post_quant_conv=quant)
X='CrossAttn'
def unet(**k): return diffusers.UNet2DConditionModel(**k)
d4=[X+'DownBlock2D']*3+['DownBlock2D']; u4=['UpBlock2D']+[X+'UpBlock2D']*3
sd1=lambda inch=4: unet(in_channels=inch,cross_attention_dim=768,attention_head_dim=8,down_block_types=d4,up_block_types=u4)
sd2=lambda: unet(cross_attention_dim=1024,attention_head_dim=[5,10,20,20],use_linear_projection=True,down_block_types=d4,up_block_types=u4)
xl=lambda: unet(block_out_channels=[320,640,1280],cross_attention_dim=2048,attention_head_dim=[5,10,20],use_linear_projection=True,down_block_types=['DownBlock2D',X+'DownBlock2D',X+'DownBlock2D'],up_block_types=[X+'UpBlock2D',X+'UpBlock2D','UpBlock2D'],transformer_layers_per_block=[1,2,10],addition_embed_type='text_time',addition_time_embed_dim=256,projection_class_embeddings_input_dim=2816)
ref=lambda: unet(block_out_channels=[384,768,1536,1536],cross_attention_dim=1280,attention_head_dim=[6,12,24,24],use_linear_projection=True,down_block_types=['DownBlock2D',X+'DownBlock2D',X+'DownBlock2D','DownBlock2D'],up_block_types=['UpBlock2D',X+'UpBlock2D',X+'UpBlock2D','UpBlock2D'],transformer_layers_per_block=4,addition_embed_type='text_time',addition_time_embed_dim=256,projection_class_embeddings_input_dim=2560)
def sd3(**k): return diffusers.SD3Transformer2DModel(sample_size=128,patch_size=2,in_channels=16,attention_head_dim=64,joint_attention_dim=4096,pooled_projection_dim=2048,out_channels=16,**k)
sd35l=lambda: sd3(num_layers=38,num_attention_heads=38,caption_projection_dim=2432,pos_embed_max_size=192,qk_norm='rms_norm')
sd35m=lambda: sd3(num_layers=24,num_attention_heads=24,caption_projection_dim=1536,pos_embed_max_size=384,qk_norm='rms_norm',dual_attention_layers=tuple(range(13)))
sd3m=lambda: sd3(num_layers=24,num_attention_heads=24,caption_projection_dim=1536,pos_embed_max_size=192)
flux=lambda g,**k: diffusers.FluxTransformer2DModel(guidance_embeds=g,**k)
def control(u): return diffusers.ControlNetModel(cross_attention_dim=768,attention_head_dim=8,down_block_types=d4)
all={}
def ck(name, parts):
    cfg={k:dict(getattr(m,'config').items()) if hasattr(getattr(m,'config',None),'items') else {} for k,m in parts.items()}
    c.same=lambda *a: None  # no values on meta
    out=c.checkpoint(name, parts, cfg)
    all[name]={k:list(v.shape) for k,v in out.items()}
    print(name,len(out),sum(v.numel() for v in out.values()),flush=True)
import diffusers.loaders.single_file_utils as s
for f in ('convert_ldm_unet_checkpoint','convert_ldm_vae_checkpoint','convert_flux_transformer_checkpoint_to_diffusers'): setattr(s,f,lambda *a,**k: {})
ck('sd15',dict(unet=sd1(),vae=VAE(),text_encoder=L()))
ck('sd15-inpainting',dict(unet=sd1(9),vae=VAE(),text_encoder=L()))
ck('sd21',dict(unet=sd2(),vae=VAE(),text_encoder=H()))
ck('sdxl',dict(unet=xl(),vae=VAE(),text_encoder=L(),text_encoder_2=G()))
ck('sdxl-refiner',dict(unet=ref(),vae=VAE(),text_encoder_2=G()))
ck('sd3-medium',dict(transformer=sd3m(),vae=VAE(16,False),text_encoder=L('CLIPTextModelWithProjection'),text_encoder_2=G(),text_encoder_3=T5()))
ck('sd35-medium',dict(transformer=sd35m(),vae=VAE(16,False),text_encoder=L('CLIPTextModelWithProjection'),text_encoder_2=G(),text_encoder_3=T5()))
ck('sd35-large',dict(transformer=sd35l(),vae=VAE(16,False),text_encoder=L('CLIPTextModelWithProjection'),text_encoder_2=G(),text_encoder_3=T5()))
ck('flux-dev',dict(transformer=flux(True),vae=VAE(16,False),text_encoder=L(),text_encoder_2=T5()))
ck('flux-fill',dict(transformer=flux(True,in_channels=384,out_channels=64),vae=VAE(16,False),text_encoder=L(),text_encoder_2=T5()))
ck('flux-schnell',dict(transformer=flux(False),vae=VAE(16,False),text_encoder=L(),text_encoder_2=T5()))
m=control(None); all['sd15-controlnet']={'control_model.'+k:list(v.shape) for k,v in c.ldm_unet(m.state_dict(),2,[]).items()}
def zimage():
  import zimage as z
  out={'model.diffusion_model.'+k:v for k,v in z.original(diffusers.ZImageTransformer2DModel().state_dict(),check=False).items()}
  q=transformers.Qwen3Model(transformers.Qwen3Config(vocab_size=151936,hidden_size=2560,intermediate_size=9728,num_hidden_layers=36,num_attention_heads=32,num_key_value_heads=8,head_dim=128))
  out|={'text_encoders.qwen3_4b.transformer.model.'+k:v for k,v in q.state_dict().items()}
  out|={'first_stage_model.'+k:v for k,v in c.ldm_vae(VAE(16,False).state_dict(),4).items()}
  all['z-image']={k:list(v.shape) for k,v in out.items()}
  print('z-image',len(out),sum(v.numel() for v in out.values()),flush=True)
zimage()
def qwenimage():
  import qwenimage as q
  out={'model.diffusion_model.'+k:v for k,v in diffusers.QwenImageTransformer2DModel().state_dict().items()}
  text=dict(vocab_size=152064,hidden_size=3584,intermediate_size=18944,num_hidden_layers=28,num_attention_heads=28,num_key_value_heads=4)
  vl=transformers.Qwen2_5_VLForConditionalGeneration(transformers.Qwen2_5_VLConfig(text_config=text,vision_config=dict(hidden_size=1280)))
  out|={'text_encoders.qwen25_7b.transformer.'+k.replace('model.language_model.','model.').replace('model.visual.','visual.'):v for k,v in vl.state_dict().items()}
  out|={'first_stage_model.'+k:v for k,v in q.wan(diffusers.AutoencoderKLQwenImage(dim_mult=[1,2,4,4]).state_dict()).items()}
  all['qwen-image']={k:list(v.shape) for k,v in out.items()}
  print('qwen-image',len(out),sum(v.numel() for v in out.values()),flush=True)
qwenimage()
def klein():
  import klein as f
  out={'model.diffusion_model.'+k:v for k,v in f.original(diffusers.Flux2Transformer2DModel(num_layers=5,num_single_layers=20,num_attention_heads=24,joint_attention_dim=7680,guidance_embeds=False).state_dict(),check=False).items()}
  q=transformers.Qwen3Model(transformers.Qwen3Config(vocab_size=151936,hidden_size=2560,intermediate_size=9728,num_hidden_layers=36,num_attention_heads=32,num_key_value_heads=8,head_dim=128))
  out|={'text_encoders.qwen3_4b.transformer.model.'+k:v for k,v in q.state_dict().items()}
  out|={'first_stage_model.'+k:v for k,v in f.original_vae(diffusers.AutoencoderKLFlux2().state_dict(),4).items()}
  all['flux2-klein']={k:list(v.shape) for k,v in out.items()}
  print('flux2-klein',len(out),sum(v.numel() for v in out.values()),flush=True)
klein()
ck('mini',dict(unet=unet(block_out_channels=[32,64],layers_per_block=1,cross_attention_dim=32,attention_head_dim=8,down_block_types=[X+'DownBlock2D','DownBlock2D'],up_block_types=['UpBlock2D',X+'UpBlock2D']),
  vae=diffusers.AutoencoderKL(down_block_types=['DownEncoderBlock2D']*4,up_block_types=['UpDecoderBlock2D']*4,block_out_channels=[32]*4,layers_per_block=1,latent_channels=4),
  text_encoder=transformers.CLIPTextModel(transformers.CLIPTextConfig(vocab_size=514,max_position_embeddings=77,hidden_size=32,intermediate_size=128,num_hidden_layers=2,num_attention_heads=1,projection_dim=32))))
to=sys.argv[1]; os.makedirs(to,exist_ok=True)
for n,t in all.items():
    text=''.join(f"{k} {' '.join(map(str,s))}\n" for k,s in sorted(t.items()))
    b=io.BytesIO()
    with gzip.GzipFile(fileobj=b,mode='wb',compresslevel=9,mtime=0) as f: f.write(text.encode())
    open(f'{to}/{n}.txt.gz','wb').write(b.getvalue()); print(n,len(t),len(b.getvalue()))
