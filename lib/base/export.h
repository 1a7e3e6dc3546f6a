/* SPDX-License-Identifier: BSD-3-Clause */
/* export.h - everything is hidden but what carries this mark */
#ifndef LIB_BASE_EXPORT_H
#define LIB_BASE_EXPORT_H
#define API __attribute__((visibility("default")))
#endif
