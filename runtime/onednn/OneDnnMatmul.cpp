#include "runtime/onednn/OneDnnMatmul.h"

#include <dnnl.hpp>

#include <string_view>

/// oneDNN brings an OpenMP runtime along, which one is its own business; absent if it has another
/// kind of threads.
// NOLINTBEGIN(readability-identifier-naming): OpenMP's names
extern "C" __attribute__((weak)) void omp_set_num_threads(int);
extern "C" __attribute__((weak)) int omp_get_max_threads();
// NOLINTEND(readability-identifier-naming)

namespace graphc {

using dnnl::memory;

struct OneDnnMatmul::Parts {
  dnnl::matmul::primitive_desc description;
  dnnl::matmul primitive;
};

static const dnnl::engine &cpu() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

/// The difference between versions 2 and 3: descriptors of operations are gone.
static dnnl::matmul::primitive_desc describe(const memory::desc &rows, const memory::desc &weight,
                                             const memory::desc &result) {
  dnnl::primitive_attr attributes;
  // Memory that belongs to the run: the library's own belongs to the thread that made a primitive.
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  // Not what ONEDNN_DEFAULT_FPMATH_MODE says: f32 products are not to be made of shorter factors.
  attributes.set_fpmath_mode(dnnl::fpmath_mode::strict);
#if DNNL_VERSION_MAJOR >= 3
  return {cpu(), rows, weight, result, attributes};
#else
  return {{rows, weight, result}, attributes, cpu()};
#endif
}

static memory::data_type typeOf(const OneDnnProduct &product, bool ofRows) {
  if (product.type == ElementType::I8)
    return ofRows && product.unsignedRows ? memory::data_type::u8 : memory::data_type::s8;
  return product.type == ElementType::BF16 ? memory::data_type::bf16 : memory::data_type::f32;
}

/// Panels of 32 channels: oneDNN cuts k into pieces of 16 (times the pair of bf16) that follow each
/// other. The C++ interface does not name these tags, but takes them.
static memory::format_tag weightTag(const OneDnnProduct &product) {
  if (product.weight == OneDnnProduct::Weight::Own)
    return memory::format_tag::any;
  return static_cast<memory::format_tag>(product.type == ElementType::BF16 ? dnnl_BA16a32b2a
                                                                           : dnnl_BA16a32b);
}

static dnnl::matmul::primitive_desc describe(const OneDnnProduct &product) {
  auto resultType =
      product.type == ElementType::I8 ? memory::data_type::s32 : memory::data_type::f32;
  memory::desc rows({product.rows, product.depth}, typeOf(product, /*ofRows=*/true),
                    memory::format_tag::ab);
  memory::desc weight({product.depth, product.channels}, typeOf(product, /*ofRows=*/false),
                      weightTag(product));
  memory::desc result({product.rows, product.channels}, resultType, memory::format_tag::ab);
  return describe(rows, weight, result);
}

static Status checkPanels(const OneDnnProduct &product) {
  if (product.weight == OneDnnProduct::Weight::Own)
    return {};
  if (product.type == ElementType::I8)
    return unsupported("oneDNN has no scales for groups of a row");
  int64_t piece = product.type == ElementType::BF16 ? 32 : 16;
  if (product.depth % piece != 0)
    return unsupported("oneDNN reads panels whose depth is a multiple of " + std::to_string(piece) +
                       ", but it is " + std::to_string(product.depth));
  if (product.channels % 32 != 0)
    return internalError("panels of 32 channels make a multiple of them");
  return {};
}

OneDnnMatmul::OneDnnMatmul(std::unique_ptr<Parts> parts) : parts(std::move(parts)) {}
OneDnnMatmul::OneDnnMatmul(OneDnnMatmul &&) noexcept = default;
OneDnnMatmul &OneDnnMatmul::operator=(OneDnnMatmul &&) noexcept = default;
OneDnnMatmul::~OneDnnMatmul() = default;

/// Threads of TBB or SYCL cannot be kept out as OpenMP's are (limitOneDnnThreads()).
static Status checkThreads() {
  unsigned kind = dnnl_version()->cpu_runtime;
  if (kind == DNNL_RUNTIME_SEQ || kind == DNNL_RUNTIME_OMP || kind == DNNL_RUNTIME_THREADPOOL)
    return {};
  return unsupported("oneDNN was built for threads of its own that are not OpenMP's");
}

Expected<OneDnnMatmul> OneDnnMatmul::create(const OneDnnProduct &product) {
  GRAPHC_RETURN_IF_ERROR(checkThreads());
  GRAPHC_RETURN_IF_ERROR(checkPanels(product));
  try {
    dnnl::matmul::primitive_desc description = describe(product);
    std::string_view name = description.impl_info_str();
    if (name.starts_with("ref"))
      return unsupported("oneDNN has no fast code for this product on this machine, only '" +
                         std::string(name) + "'");
    dnnl::matmul primitive(description);
    return OneDnnMatmul(std::make_unique<Parts>(Parts{description, primitive}));
  } catch (const dnnl::error &error) {
    return unsupported(std::string("oneDNN cannot make this product: ") + error.what());
  }
}

uint64_t OneDnnMatmul::weightBytes() const { return parts->description.weights_desc().get_size(); }

uint64_t OneDnnMatmul::scratchBytes() const {
  return parts->description.scratchpad_desc().get_size();
}

std::string OneDnnMatmul::implementation() const { return parts->description.impl_info_str(); }

Status OneDnnMatmul::run(const void *rows, const void *weight, void *result, void *scratch) const {
  auto at = [](const memory::desc &desc, const void *address) {
    return memory(desc, cpu(), const_cast<void *>(address));
  };
  const dnnl::matmul::primitive_desc &description = parts->description;
  try {
    thread_local dnnl::stream stream(cpu());
    parts->primitive.execute(stream,
                             {{DNNL_ARG_SRC, at(description.src_desc(), rows)},
                              {DNNL_ARG_WEIGHTS, at(description.weights_desc(), weight)},
                              {DNNL_ARG_DST, at(description.dst_desc(), result)},
                              {DNNL_ARG_SCRATCHPAD, at(description.scratchpad_desc(), scratch)}});
    stream.wait();
    return {};
  } catch (const dnnl::error &error) {
    return internalError(std::string("oneDNN failed: ") + error.what());
  }
}

int limitOneDnnThreads(int threads) {
  if (!omp_set_num_threads || !omp_get_max_threads)
    return threads;
  int before = omp_get_max_threads();
  if (before != threads)
    omp_set_num_threads(threads);
  return before;
}

std::string oneDnnVersion() {
  const dnnl_version_t *version = dnnl_version();
  return std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
         std::to_string(version->patch);
}

} // namespace graphc
