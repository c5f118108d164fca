// GRAPHC_VECTOR_CLONES: a function that is compiled for several instruction sets, of which the
// loader takes the best one: for loops over gigabytes, where a baseline build would leave most of
// the machine unused. Such a function must give the same bits in every clone: no contraction, fixed
// orders.
#ifndef GRAPHC_RUNTIME_BASE_VECTORCLONES_H
#define GRAPHC_RUNTIME_BASE_VECTORCLONES_H

#if defined(__x86_64__) && defined(__ELF__) && !defined(__SANITIZE_ADDRESS__) &&                   \
    !__has_feature(address_sanitizer)
#define GRAPHC_VECTOR_CLONES                                                                       \
  __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define GRAPHC_VECTOR_CLONES
#endif

#endif // GRAPHC_RUNTIME_BASE_VECTORCLONES_H
