# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ONNX Runtime: the standard's RMSNormalization and the older SimplifiedLayerNormalization, the
fused operation for residuals, and what the operations of the standard make of the rest. Inputs and
results lie where those of the other systems lie."""

import functools

from systems import EPSILON, NotInstalled, Refused, Run, System, results_of, timer_of

ELEMENT = {"f32": "float", "f16": "float16", "bf16": "bfloat16"}
# Of onnx.TensorProto.
TYPES = {"float32": 1, "bool": 9, "float16": 10, "bfloat16": 16}

STANDARD = f"y_ = RMSNormalization<axis=-1, epsilon={EPSILON}>(x_, w_)"
SIMPLIFIED = f"y_ = SimplifiedLayerNormalization<axis=-1, epsilon={EPSILON}>(x_, w_)"
SKIP = f"""y_, none, none2, h_ = com.microsoft.SkipSimplifiedLayerNormalization<epsilon={EPSILON}>(x_, residual_, w_)"""
COMPOSED = f"""
    epsilon = Constant<value = float {{{EPSILON}}}>()
    axes = Constant<value = int64[1] {{AXIS}}>()
    square = Mul(x_, x_)
    MEAN
    shifted = Add(mean, epsilon)
    root = Sqrt(shifted)
    normal = Div(x_, root)
    y_ = Mul(normal, w_)"""
MEAN = "mean = ReduceMean<keepdims=1>(square, axes)"
MASKED_MEAN = """
    zero = Constant<value = float {0}>()
    chosen = Where(mask, square, zero)
    total = ReduceSum<keepdims=1>(chosen, axes)
    ones = Cast<to=1>(mask)
    count = ReduceSum<keepdims=1>(ones, axes)
    mean = Div(total, count)"""


class OnnxRuntime(System):
    name = "onnxruntime"
    kinds = frozenset(["norm", "residual", "mask", "axis0", "middle", "dynamic", "call", "first", "later"])
    # Its threads spin for 42 ms.
    rest = 50e-3

    def __init__(self, setup):
        super().__init__(setup)
        try:
            import onnx.parser
            import onnxruntime
        except ImportError as error:
            raise NotInstalled(error) from error
        self.onnx, self.runtime = onnx, onnxruntime
        onnxruntime.set_default_logger_severity(3)

    def version(self):
        return f"onnxruntime {self.runtime.__version__}"

    def refuses(self, problem):
        return super().refuses(problem) or ("" if problem.dtype in ELEMENT else problem.dtype)

    def runs(self, problem, operands):
        for name, body, wide in self.bodies(problem):
            given = operands.given()
            if wide:
                # Weights are converted once, by their owner.
                given["w"] = operands.w.astype("f4")
            yield self.run(problem, name, self.model(problem, body, given, wide), given)

    def bodies(self, problem):
        """The ways: a name, nodes from x_ and w_ to y_, and whether they are computed in f32."""
        if problem.kind == "residual":
            return [("SkipSimplifiedLayerNormalization", SKIP, problem.dtype == "bf16")]
        if problem.kind in ("axis0", "middle", "mask"):
            mean = MASKED_MEAN if problem.kind == "mask" else MEAN
            return [("composed", COMPOSED.replace("AXIS", str(problem.axes[0])).replace("MEAN", mean), True)]
        # There is no kernel for bf16.
        return [("RMSNormalization", STANDARD, problem.dtype == "bf16"),
                ("SimplifiedLayerNormalization", SIMPLIFIED, problem.dtype == "bf16")]

    def model(self, problem, body, given, wide):
        """The serialized model."""
        def declared(name):
            array = given[name]
            element = {1: "float", 9: "bool", 10: "float16", 16: "bfloat16"}[TYPES[array.dtype.name]]
            extents = ["DRB"[::-1][i] if problem.kind == "dynamic" else str(n) for i, n in enumerate(array.shape)]
            return f"{element}[{','.join(extents)}] {name}"

        inputs = [name for name in given if name not in ("y", "h")]
        outputs = [name for name in given if name in ("y", "h")]
        cast = wide and problem.dtype != "f32"
        before = [f"{name}_ = Cast<to=1>({name})" if cast and name != "w" else f"{name}_ = Identity({name})"
                  for name in inputs if name != "mask"]
        to = TYPES[given["y"].dtype.name]
        after = [f"{name} = Cast<to={to}>({name}_)" if cast else f"{name} = Identity({name}_)" for name in outputs]
        text = f"""<ir_version: 10, opset_import: ["" : 23, "com.microsoft" : 1]>
            g ({', '.join(map(declared, inputs))}) => ({', '.join(map(declared, outputs))})
            {{ {chr(10).join(before)} {body} {chr(10).join(after)} }}"""
        return self.onnx.parser.parse_model(text).SerializeToString()

    def run(self, problem, name, model, given):
        options = self.runtime.SessionOptions()
        options.intra_op_num_threads = problem.threads
        options.inter_op_num_threads = 1
        try:
            session = self.runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        except self.runtime.capi.onnxruntime_pybind11_state.NotImplemented as error:
            raise Refused(f"{name} of {problem.dtype}") from error
        binding = session.io_binding()
        for operand, array in given.items():
            bind = binding.bind_output if operand in ("y", "h") else binding.bind_input
            bind(operand, "cpu", 0, TYPES[array.dtype.name], list(array.shape), array.ctypes.data)
        call = functools.partial(session.run_with_iobinding, binding)
        run = Run(name, timer_of(call), results_of(call, *(given[name] for name in ("y", "h") if name in given)))
        # The binding knows addresses alone.
        run.keeps = given
        return run
