/** What a key may do and how much of its allowance is gone. */
import type { Key } from '../../api/types'

export const COUNTS = ['requests_per_minute', 'requests_per_day', 'max_concurrency', 'tokens_per_minute', 'tokens_per_day', 'tokens_per_month'] as const
export const MONEY = ['usd_per_day', 'usd_per_month'] as const
export const LIMITS = [...COUNTS, ...MONEY] as const
export const LISTS = ['models', 'providers', 'ips', 'mcp'] as const
export type LimitName = (typeof LIMITS)[number]
export type ListName = (typeof LISTS)[number]

export type Term = { name: LimitName; limit: number } | { name: ListName; names: readonly string[] }

/** Every restriction of the key; none means that it may do everything. */
export function termsOf(key: Pick<Key, LimitName | ListName>): Term[] {
  const lists = LISTS.flatMap((name): Term[] => { const names = key[name]; return names === null ? [] : [{ name, names }] })
  const limits = LIMITS.flatMap((name): Term[] => { const limit = key[name]; return limit === null ? [] : [{ name, limit }] })
  return [...lists, ...limits]
}

export interface Budget {
  name: LimitName
  span: 'today' | 'this_month'
  used: number
  limit: number
  /** 0 to 1, and more when the last request went over. */
  share: number
}

type Use = Key['today']
const BUDGETS: readonly [LimitName, Budget['span'], (use: Use) => number][] = [
  ['requests_per_day', 'today', (use) => use.requests],
  ['tokens_per_day', 'today', tokensOf],
  ['usd_per_day', 'today', (use) => use.cost_usd],
  ['tokens_per_month', 'this_month', tokensOf],
  ['usd_per_month', 'this_month', (use) => use.cost_usd],
]

/** The allowances of days and months, each with what is used of it. */
export function budgetsOf(key: Pick<Key, LimitName | 'today' | 'this_month'>): Budget[] {
  return BUDGETS.flatMap(([name, span, usedOf]) => {
    const limit = key[name]
    if (limit === null) return []
    const used = usedOf(key[span])
    return [{ name, span, used, limit, share: used / limit }]
  })
}

/** Of several budgets, the one that ends first. */
export function fullest(budgets: readonly Budget[], span: Budget['span']): Budget | null {
  return budgets.filter((each) => each.span === span).reduce<Budget | null>((most, each) => (most === null || each.share > most.share ? each : most), null)
}

export function tokensOf(use: Pick<Use, 'input_tokens' | 'output_tokens'>): number {
  return use.input_tokens + use.output_tokens
}

export const isMoney = (name: LimitName): boolean => (MONEY as readonly string[]).includes(name)
