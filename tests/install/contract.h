/* SPDX-License-Identifier: BSD-3-Clause */
/* contract.h - what users' programs rely on, written down apart from the headers: functions with exact types, constants */
#ifndef TESTS_INSTALL_CONTRACT_H
#define TESTS_INSTALL_CONTRACT_H

#define CONTRACT_FUNCTIONS(F) \
    F(mstro_status, mstro_init, (const char *, const char *, int64_t)) \
    F(mstro_status, mstro_finalize, (void)) \
    F(const char *, mstro_version, (void)) \
    F(mstro_nanosec_t, mstro_clock, (void)) \
    F(const char *, mstro_status_description, (mstro_status)) \
    F(mstro_status, mstro_cdo_declare, (const char *, mstro_cdo_attributes, mstro_cdo *)) \
    F(mstro_status, mstro_cdo_seal, (mstro_cdo)) \
    F(mstro_status, mstro_cdo_offer, (mstro_cdo)) \
    F(mstro_status, mstro_cdo_require, (mstro_cdo)) \
    F(mstro_status, mstro_cdo_retract, (mstro_cdo)) \
    F(mstro_status, mstro_cdo_demand, (mstro_cdo)) \
    F(mstro_status, mstro_cdo_withdraw, (mstro_cdo)) \
    F(mstro_status, mstro_cdo_dispose, (mstro_cdo)) \
    F(mstro_status, mstro_cdo_access_ptr, (mstro_cdo, void **, int64_t *)) \
    F(const char *, mstro_cdo_name, (mstro_cdo)) \
    F(mstro_status, mstro_cdo_offer_all, (size_t, const mstro_cdo *, mstro_status *)) \
    F(mstro_status, mstro_cdo_require_all, (size_t, const mstro_cdo *, mstro_status *)) \
    F(mstro_status, mstro_cdo_demand_all, (size_t, const mstro_cdo *, mstro_status *)) \
    F(mstro_status, mstro_cdo_withdraw_all, (size_t, const mstro_cdo *, mstro_status *)) \
    F(mstro_status, mstro_cdo_dispose_all, (size_t, const mstro_cdo *, mstro_status *)) \
    F(mstro_status, mstro_cdo_declare_async, (const char *, mstro_cdo_attributes, mstro_cdo *, mstro_request *)) \
    F(mstro_status, mstro_cdo_seal_async, (mstro_cdo, mstro_request *)) \
    F(mstro_status, mstro_cdo_offer_async, (mstro_cdo, mstro_request *)) \
    F(mstro_status, mstro_cdo_require_async, (mstro_cdo, mstro_request *)) \
    F(mstro_status, mstro_cdo_retract_async, (mstro_cdo, mstro_request *)) \
    F(mstro_status, mstro_cdo_demand_async, (mstro_cdo, mstro_request *)) \
    F(mstro_status, mstro_cdo_withdraw_async, (mstro_cdo, mstro_request *)) \
    F(mstro_status, mstro_cdo_dispose_async, (mstro_cdo, mstro_request *)) \
    F(mstro_status, mstro_request_wait, (mstro_request)) \
    F(mstro_status, mstro_request_timedwait, (mstro_request, const struct timespec *)) \
    F(mstro_status, mstro_request_test, (mstro_request, bool *)) \
    F(mstro_status, mstro_request_cancel, (mstro_request)) \
    F(mstro_status, mstro_cdo_attribute_set, (mstro_cdo, const char *, void *, bool, bool)) \
    F(mstro_status, mstro_cdo_attribute_get, (mstro_cdo, const char *, enum mstro_cdo_attr_value_type *, const void **)) \
    F(mstro_status, mstro_cdo_attribute_set_list, (mstro_cdo, const char *, const void *, size_t)) \
    F(mstro_status, mstro_cdo_attribute_count, (mstro_cdo, const char *, size_t *)) \
    F(mstro_status, mstro_cdo_attribute_set_yaml, (mstro_cdo, const char *)) \
    F(mstro_status, mstro_cdo_attributes_print, (mstro_cdo)) \
    F(mstro_status, mstro_cdo_selector_create, (mstro_schema, const char *, const char *, mstro_cdo_selector *)) \
    F(mstro_status, mstro_cdo_selector_dispose, (mstro_cdo_selector)) \
    F(mstro_status, mstro_subscribe, (mstro_cdo_selector, mstro_pool_event_kind, enum mstro_subscription_opts, mstro_subscription *)) \
    F(mstro_status, mstro_subscription_poll, (mstro_subscription, mstro_pool_event *)) \
    F(mstro_status, mstro_subscription_wait, (mstro_subscription, mstro_pool_event *)) \
    F(mstro_status, mstro_subscription_timedwait, (mstro_subscription, const struct timespec *, mstro_pool_event *)) \
    F(mstro_status, mstro_subscription_ack, (mstro_subscription, mstro_pool_event)) \
    F(mstro_status, mstro_subscription_fd, (mstro_subscription, int *)) \
    F(mstro_status, mstro_subscription_dispose, (mstro_subscription)) \
    F(mstro_status, mstro_pool_event_dispose, (mstro_pool_event)) \
    F(const char *, mstro_pool_event_description, (mstro_pool_event_kind)) \
    F(mstro_status, mstro_schema_parse_from_file, (const char *, mstro_schema *)) \
    F(mstro_status, mstro_schema_merge, (mstro_schema, mstro_schema)) \
    F(mstro_status, mstro_schema_dispose, (mstro_schema)) \
    F(mstro_status, mstro_group_declare, (const char *, mstro_group *)) \
    F(mstro_status, mstro_group_add, (mstro_group, mstro_cdo)) \
    F(mstro_status, mstro_group_add_by_name, (mstro_group, const char *)) \
    F(mstro_status, mstro_group_add_by_selector, (mstro_group, mstro_cdo_selector)) \
    F(mstro_status, mstro_group_seal, (mstro_group)) \
    F(mstro_status, mstro_group_offer, (mstro_group)) \
    F(mstro_status, mstro_group_require, (mstro_group)) \
    F(mstro_status, mstro_group_demand, (mstro_group)) \
    F(mstro_status, mstro_group_retract, (mstro_group)) \
    F(mstro_status, mstro_group_withdraw, (mstro_group)) \
    F(mstro_status, mstro_group_size_get, (mstro_group, size_t *)) \
    F(mstro_status, mstro_group_next, (mstro_group, mstro_cdo *)) \
    F(mstro_status, mstro_group_dispose, (mstro_group)) \
    F(mstro_status, mstro_pm_start, (void)) \
    F(mstro_status, mstro_pm_getinfo, (char **)) \
    F(mstro_status, mstro_pm_terminate, (void)) \
    F(mstro_status, mstro_pm_attach, (const char *)) \
    F(mstro_status, mstro_pm_detach, (void)) \
    F(const char *, mstro_status_name, (mstro_status)) \
    F(const char *, mstro_error_detail, (void))

/* name, value */
#define CONTRACT_CONSTANTS(C) \
    C(MSTRO_OK, 0) \
    C(MSTRO_FAIL, 1) \
    C(MSTRO_UNIMPL, 2) \
    C(MSTRO_UNINIT, 3) \
    C(MSTRO_NOT_TWICE, 4) \
    C(MSTRO_INVARG, 5) \
    C(MSTRO_INVOUT, 6) \
    C(MSTRO_INVMSG, 7) \
    C(MSTRO_NOMEM, 8) \
    C(MSTRO_NOENT, 9) \
    C(MSTRO_NOMATCH, 10) \
    C(MSTRO_NO_PM, 11) \
    C(MSTRO_TIMEOUT, 12) \
    C(MSTRO_WOULDBLOCK, 13) \
    C(MSTRO_OFI_FAIL, 14) \
    C(MSTRO_BUSY, 15) \
    C(MSTRO_CANCELLED, 16) \
    C(MSTRO_FORKED, 17) \
    C(MSTRO_PEER_LOST, 18) \
    C(MSTRO_POOL_LOST, 19) \
    C(MSTRO_POOL_STALE, 20) \
    C(MSTRO_PARTITIONED, 21) \
    C(MSTRO_STALE_EPOCH, 22) \
    C(MSTRO_CONFLICT, 23) \
    C(MSTRO_REFUSED, 24) \
    C(MSTRO_QUOTA, 25) \
    C(MSTRO_OVERFLOW, 26) \
    C(MSTRO_TOO_EXPENSIVE, 27) \
    C(MSTRO_VERSION_MISMATCH, 28) \
    C(MSTRO_SCHEMA, 29) \
    C(MSTRO_SELECTOR, 30) \
    C(MSTRO_CORRUPT, 31) \
    C(MSTRO_NO_SPACE, 32) \
    C(MSTRO_IO, 33) \
    C(MSTRO_CDO_ATTR_VALUE_INVALID, 0) \
    C(MSTRO_CDO_ATTR_VALUE_NONE, 1) \
    C(MSTRO_CDO_ATTR_VALUE_bool, 2) \
    C(MSTRO_CDO_ATTR_VALUE_int32, 3) \
    C(MSTRO_CDO_ATTR_VALUE_int64, 4) \
    C(MSTRO_CDO_ATTR_VALUE_uint32, 5) \
    C(MSTRO_CDO_ATTR_VALUE_uint64, 6) \
    C(MSTRO_CDO_ATTR_VALUE_float, 7) \
    C(MSTRO_CDO_ATTR_VALUE_double, 8) \
    C(MSTRO_CDO_ATTR_VALUE_cstring, 9) \
    C(MSTRO_CDO_ATTR_VALUE_timestamp, 10) \
    C(MSTRO_CDO_ATTR_VALUE_blob, 11) \
    C(MSTRO_CDO_ATTR_VALUE_pointer, 12) \
    C(MSTRO_CDO_ATTR_VALUE_list, 13) \
    C(MSTRO_POOL_EVENT_DECLARE, 1 << 0) \
    C(MSTRO_POOL_EVENT_SEAL, 1 << 1) \
    C(MSTRO_POOL_EVENT_SEAL_GROUP, 1 << 2) \
    C(MSTRO_POOL_EVENT_OFFER, 1 << 3) \
    C(MSTRO_POOL_EVENT_REQUIRE, 1 << 4) \
    C(MSTRO_POOL_EVENT_RETRACT, 1 << 5) \
    C(MSTRO_POOL_EVENT_DEMAND, 1 << 6) \
    C(MSTRO_POOL_EVENT_WITHDRAW, 1 << 7) \
    C(MSTRO_POOL_EVENT_DISPOSE, 1 << 8) \
    C(MSTRO_POOL_EVENT_TRANSPORT_INIT, 1 << 9) \
    C(MSTRO_POOL_EVENT_TRANSPORT_TICKET, 1 << 10) \
    C(MSTRO_POOL_EVENT_TRANSPORT_COMPLETED, 1 << 11) \
    C(MSTRO_POOL_EVENT_APP_JOIN, 1 << 12) \
    C(MSTRO_POOL_EVENT_APP_WELCOME, 1 << 13) \
    C(MSTRO_POOL_EVENT_APP_LEAVE, 1 << 14) \
    C(MSTRO_POOL_EVENT_APP_BYE, 1 << 15) \
    C(MSTRO_POOL_EVENT_SUBSCRIBE, 1 << 16) \
    C(MSTRO_POOL_EVENT_UNSUBSCRIBE, 1 << 17) \
    C(MSTRO_POOL_EVENT_POOL_CHECKPOINT, 1 << 18) \
    C(MSTRO_POOL_EVENT_LOST, 1 << 19) \
    C(MSTRO_POOL_EVENT_OVERFLOW, 1 << 20) \
    C(MSTRO_SUBSCRIPTION_OPTS_DEFAULT, 0) \
    C(MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK, 1 << 0) \
    C(MSTRO_SUBSCRIPTION_OPTS_SIGNAL_BEFORE, 1 << 1) \
    C(MSTRO_SUBSCRIPTION_OPTS_NO_LOCAL_EVENTS, 1 << 2)

/* name, text */
#define CONTRACT_TEXTS(T) \
    T(MSTRO_ENV_WORKFLOW_NAME, "MSTRO_WORKFLOW_NAME") \
    T(MSTRO_ENV_COMPONENT_NAME, "MSTRO_COMPONENT_NAME") \
    T(MSTRO_ENV_POOL_INFO, "MSTRO_POOL_MANAGER_INFO") \
    T(MSTRO_ATTR_CORE_CDO_NAME, ".maestro.core.cdo.name") \
    T(MSTRO_ATTR_CORE_CDO_RAW_PTR, ".maestro.core.cdo.raw-ptr") \
    T(MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, ".maestro.core.cdo.scope.local-size") \
    T(MSTRO_ATTR_CORE_CDO_LAYOUT_ELEMENT_SIZE, ".maestro.core.cdo.layout.element-size") \
    T(MSTRO_ATTR_CORE_CDO_LAYOUT_NDIMS, ".maestro.core.cdo.layout.ndims") \
    T(MSTRO_ATTR_CORE_CDO_LAYOUT_DIMS_SIZE, ".maestro.core.cdo.layout.dims-size") \
    T(MSTRO_ATTR_CORE_CDO_LAYOUT_ORDER, ".maestro.core.cdo.layout.order") \
    T(MSTRO_ATTR_CORE_CDO_DIST_LAYOUT, ".maestro.core.cdo.dist-layout") \
    T(MSTRO_ATTR_CORE_CDO_ALLOCATE_NOW, ".maestro.core.cdo.allocate-now") \
    T(MSTRO_ATTR_CORE_CDO_MAPPED, ".maestro.core.cdo.mapped") \
    T(MSTRO_ATTR_CORE_CDO_REPLICA, ".maestro.core.cdo.replica") \
    T(MSTRO_ATTR_CORE_CDO_ON_LOSS, ".maestro.core.cdo.on-loss") \
    T(MSTRO_ATTR_CORE_CDO_TRANSPORT, ".maestro.core.cdo.transport") \
    T(MSTRO_ATTR_CORE_CDO_LIFETIME, ".maestro.core.cdo.lifetime") \
    T(MSTRO_ATTR_CORE_CDO_PERSISTENCE, ".maestro.core.cdo.persistence") \
    T(MSTRO_ATTR_CORE_CDO_COMPONENT, ".maestro.core.cdo.component")

#endif
