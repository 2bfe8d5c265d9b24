// Each feature divided by its root mean square over the samples, as batch
// normalisation does with the standard deviation. The mask says which samples
// enter the mean: those to train on, or those that are not padding. All are
// normalised.
!x = tensor<?x?xf32>
!mask = tensor<?x1xi1>

func.func @batch_norm_like(%x: !x, %mask: !mask, %out: !x) -> !x {
  %y = rmsnorm.rms_norm ins(%x : !x) mask(%mask : !mask) outs(%out : !x) reduce [0]
  return %y : !x
}
