/** Filters whose values are chosen from a list. */
export const LISTS = ['provider', 'key', 'account', 'error'] as const
export type ListName = (typeof LISTS)[number]

/** Classes of failures, as the gateway tells them apart (docs/errors.md). */
export const KINDS = ['invalid_request', 'context_overflow', 'capability', 'policy_blocked', 'authentication', 'billing', 'permission', 'not_found', 'model_not_found', 'conflict', 'too_large', 'rate_limit', 'not_supported', 'timeout', 'upstream', 'overloaded', 'internal'] as const
