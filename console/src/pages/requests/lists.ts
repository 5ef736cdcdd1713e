/** Filters whose values are chosen from a list. */
export const LISTS = ['provider', 'key', 'account', 'error'] as const
export type ListName = (typeof LISTS)[number]
