// Anchor of the precompiled header: see MlirPch.h.
