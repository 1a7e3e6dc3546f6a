# SPDX-License-Identifier: BSD-3-Clause
dist_man_MANS += \
	%D%/man/maestro-environment.7 \
	%D%/man/maestro-pool-manager.8 \
	%D%/man/maestro-bench.1 \
	%D%/man/maestro-doctor.1 \
	%D%/man/maestro-run.1 \
	%D%/man/maestro-schema.1 \
	%D%/man/maestro-schema.5 \
	%D%/man/maestro-selector.1 \
	%D%/man/maestro-selector.5 \
	%D%/man/maestro-workflow.5 \
	%D%/man/maestro.1 \
	%D%/man/maestro.7 \
	%D%/man/mstro_attributes.3 \
	%D%/man/mstro_cdo.3 \
	%D%/man/mstro_core.3 \
	%D%/man/mstro_group.3 \
	%D%/man/mstro_pool_manager.3 \
	%D%/man/mstro_request.3 \
	%D%/man/mstro_schema.3 \
	%D%/man/mstro_selector.3 \
	%D%/man/mstro_status.3 \
	%D%/man/mstro_subscription.3

EXTRA_DIST += %D%/performance.md
EXTRA_DIST += %D%/guide/architecture.md %D%/guide/architecture.svg

# Each function has a page of its own name that refers to the page of its noun.
man3_aliases = \
	%D%/man/mstro_cdo_attribute_set.3 \
	%D%/man/mstro_cdo_attribute_get.3 \
	%D%/man/mstro_cdo_attribute_set_list.3 \
	%D%/man/mstro_cdo_attribute_count.3 \
	%D%/man/mstro_cdo_attribute_set_yaml.3 \
	%D%/man/mstro_cdo_attributes_print.3 \
	%D%/man/mstro_cdo_declare.3 \
	%D%/man/mstro_cdo_seal.3 \
	%D%/man/mstro_cdo_offer.3 \
	%D%/man/mstro_cdo_require.3 \
	%D%/man/mstro_cdo_retract.3 \
	%D%/man/mstro_cdo_demand.3 \
	%D%/man/mstro_cdo_withdraw.3 \
	%D%/man/mstro_cdo_dispose.3 \
	%D%/man/mstro_cdo_access_ptr.3 \
	%D%/man/mstro_cdo_name.3 \
	%D%/man/mstro_cdo_offer_all.3 \
	%D%/man/mstro_cdo_require_all.3 \
	%D%/man/mstro_cdo_demand_all.3 \
	%D%/man/mstro_cdo_withdraw_all.3 \
	%D%/man/mstro_cdo_dispose_all.3 \
	%D%/man/mstro_init.3 \
	%D%/man/mstro_finalize.3 \
	%D%/man/mstro_version.3 \
	%D%/man/mstro_clock.3 \
	%D%/man/mstro_group_declare.3 \
	%D%/man/mstro_group_add.3 \
	%D%/man/mstro_group_add_by_name.3 \
	%D%/man/mstro_group_add_by_selector.3 \
	%D%/man/mstro_group_seal.3 \
	%D%/man/mstro_group_offer.3 \
	%D%/man/mstro_group_require.3 \
	%D%/man/mstro_group_demand.3 \
	%D%/man/mstro_group_retract.3 \
	%D%/man/mstro_group_withdraw.3 \
	%D%/man/mstro_group_size_get.3 \
	%D%/man/mstro_group_next.3 \
	%D%/man/mstro_group_dispose.3 \
	%D%/man/mstro_pm_start.3 \
	%D%/man/mstro_pm_getinfo.3 \
	%D%/man/mstro_pm_terminate.3 \
	%D%/man/mstro_pm_attach.3 \
	%D%/man/mstro_pm_detach.3 \
	%D%/man/mstro_cdo_declare_async.3 \
	%D%/man/mstro_cdo_seal_async.3 \
	%D%/man/mstro_cdo_offer_async.3 \
	%D%/man/mstro_cdo_require_async.3 \
	%D%/man/mstro_cdo_retract_async.3 \
	%D%/man/mstro_cdo_demand_async.3 \
	%D%/man/mstro_cdo_withdraw_async.3 \
	%D%/man/mstro_cdo_dispose_async.3 \
	%D%/man/mstro_request_wait.3 \
	%D%/man/mstro_request_timedwait.3 \
	%D%/man/mstro_request_test.3 \
	%D%/man/mstro_request_cancel.3 \
	%D%/man/mstro_schema_parse_from_file.3 \
	%D%/man/mstro_schema_merge.3 \
	%D%/man/mstro_schema_dispose.3 \
	%D%/man/mstro_cdo_selector_create.3 \
	%D%/man/mstro_cdo_selector_dispose.3 \
	%D%/man/mstro_status_description.3 \
	%D%/man/mstro_status_name.3 \
	%D%/man/mstro_error_detail.3 \
	%D%/man/mstro_subscribe.3 \
	%D%/man/mstro_subscription_poll.3 \
	%D%/man/mstro_subscription_wait.3 \
	%D%/man/mstro_subscription_timedwait.3 \
	%D%/man/mstro_subscription_ack.3 \
	%D%/man/mstro_subscription_fd.3 \
	%D%/man/mstro_subscription_dispose.3 \
	%D%/man/mstro_pool_event_dispose.3 \
	%D%/man/mstro_pool_event_description.3

nodist_man_MANS = $(man3_aliases)
CLEANFILES += $(man3_aliases)

$(man3_aliases): $(srcdir)/%D%/local.mk
	@$(MKDIR_P) %D%/man
	$(AM_V_GEN)name=`basename $@ .3`; \
	page=`grep -lw "^.*$$name" $(srcdir)/%D%/man/mstro_*.3 | while read f; do sed -n '/^\.SH NAME/,/^\.SH SYNOPSIS/p' $$f | grep -qw $$name && basename $$f; done | head -n 1`; \
	test -n "$$page" && echo ".so man3/$$page" > $@

EXTRA_DIST += %D%/rfc/facts.md %D%/rfc/protocol.md %D%/rfc/rings.md %D%/rfc/states.md %D%/rfc/wire.md
