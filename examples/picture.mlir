// A picture as its file gives it, height x width x RGB in bytes: each channel is
// divided by its root mean square over all pixels.
!bytes = tensor<?x?x3xui8>
!picture = tensor<?x?x3xf32>

func.func @picture(%x: !bytes, %out: !picture) -> !picture {
  %y = rmsnorm.rms_norm ins(%x : !bytes) outs(%out : !picture) reduce [0, 1]
  return %y : !picture
}
