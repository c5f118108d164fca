// RUN: graphc-opt %s -split-input-file -verify-diagnostics

// expected-error @below {{expected heads x head_dim x type but got 3 extents}}
func.func private @f(!graphc.kv_cache<4x64x2xbf16>)

// -----

// expected-error @below {{expected at least one head and one number per head but got 0x64}}
func.func private @f(!graphc.kv_cache<0x64xbf16>)

// -----

// expected-error @below {{expected at least one head and one number per head but got 4x0}}
func.func private @f(!graphc.kv_cache<4x0xbf16>)

// -----

// expected-error @below {{expected f32, bf16 or i8 elements but got 'f16'}}
func.func private @f(!graphc.kv_cache<4x64xf16>)

// -----

// expected-error @below {{expected "T", "R" or "S" in graphc.dims for each ? of argument 0 of type 'tensor<?x4xf32>' but got ["T", "S"]}}
func.func @f(%x: tensor<?x4xf32> {graphc.dims = ["T", "S"]}) { return }

// -----

// expected-error @below {{expected "T", "R" or "S" in graphc.dims}}
func.func @f(%x: tensor<?x4xf32> {graphc.dims = ["B"]}) { return }

// -----

// expected-error @below {{expected "T", "R" or "S" in graphc.dims}}
func.func @f(%x: tensor<?x4xf32> {graphc.dims = "T"}) { return }

// -----

// expected-error @below {{expected "T", "R" or "S" in graphc.dims}}
func.func @f(%x: !graphc.step {graphc.dims = ["T"]}) { return }

// -----

// expected-error @below {{expected i or ui with 4, 5, 6 or 8 bits for the integers but got 'i2'}}
func.func private @quant_c1(tensor<4x32x!graphc.quant<i2:f16, 32>>)

// -----

// expected-error @below {{expected scales of f16, or of f32 for i8, but got 'bf16'}}
func.func private @quant_c2(tensor<4x32x!graphc.quant<i8:bf16, 32>>)

// -----

// expected-error @below {{expected scales of f16, or of f32 for i8, but got 'f32'}}
func.func private @quant_c2_rows(tensor<4x32x!graphc.quant<i4:f32, 32>>)

// -----

// expected-error @below {{expected scales of f16, or of f32 for i8, but got 'f32'}}
func.func private @quant_c2_minimum(tensor<4x32x!graphc.quant<ui8:f32, 32>>)

// -----

// expected-error @below {{expected groups of a multiple of 32 numbers, or of two levels or rows of 16, but got 48}}
func.func private @quant_c3(tensor<4x32x!graphc.quant<i8:f16, 48>>)

// -----

// expected-error @below {{expected groups of a multiple of 32 numbers, or of two levels or rows of 16, but got 16}}
func.func private @quant_c3_one_level(tensor<4x32x!graphc.quant<i8:f16, 16>>)

// -----

// expected-error @below {{expected groups of a multiple of 32 numbers of 5 bits but got 16}}
func.func private @quant_c5(tensor<4x256x!graphc.quant<i5:f16, 16, 256>>)

// -----

// expected-error @below {{expected nonlinear integers stored as i4 but got 'i8'}}
func.func private @quant_c6(tensor<4x64x!graphc.quant<i8 of nonlinear:f16, 32>>)

// -----

// expected-error @below {{expected a second level for a multiple of 64 and 32 numbers but got 96}}
func.func private @quant_c4(tensor<4x32x!graphc.quant<i8:f16, 64, 96>>)

// -----

// expected-error @below {{expected a second level for a multiple of 32 and 32 numbers but got 48}}
func.func private @quant_c4_rows(tensor<4x32x!graphc.quant<i8:f32, 32, 48>>)

// -----

// expected-error @below {{expected sums of 16 or 32 numbers of rows but got 64}}
func.func private @quant_c3_sums_of_rows(tensor<4x64x!graphc.quant<i8:f32, 64>>)

// -----

// expected-error @below {{expected groups of rows of a power of two up to 128 numbers but got 96}}
func.func private @quant_c4_groups_of_rows(tensor<4x96x!graphc.quant<i8:f32, 32, 96>>)

// -----

// expected-error @below {{expected groups of rows of a power of two up to 128 numbers but got 256}}
func.func private @quant_c4_large_groups_of_rows(tensor<4x256x!graphc.quant<i8:f32, 32, 256>>)
