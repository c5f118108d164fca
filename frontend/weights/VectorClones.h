// GRAPHC_VECTOR_CLONES: compiles a function for several instruction sets; the one to use is chosen
// when the program starts, by what processor and system allow. For plain loops that the compiler
// vectorises: graphc itself is built for the oldest x86-64.
#ifndef GRAPHC_FRONTEND_WEIGHTS_VECTORCLONES_H
#define GRAPHC_FRONTEND_WEIGHTS_VECTORCLONES_H

#if defined(__x86_64__) && defined(__ELF__)
#define GRAPHC_VECTOR_CLONES                                                                       \
  __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define GRAPHC_VECTOR_CLONES
#endif

#endif // GRAPHC_FRONTEND_WEIGHTS_VECTORCLONES_H
