import { expect, test } from 'vitest'

import { budgetsOf, fullest, termsOf } from './terms'

const used = { requests: 90, failures: 3, input_tokens: 700, output_tokens: 300, cost_usd: 1.5 }
const free = { models: null, providers: null, ips: null, mcp: null, requests_per_minute: null, requests_per_day: null, max_concurrency: null, tokens_per_minute: null, tokens_per_day: null, tokens_per_month: null, usd_per_day: null, usd_per_month: null }

test('a key without restrictions has no terms, and no MCP servers are one', () => {
  expect(termsOf(free)).toEqual([])
  expect(termsOf({ ...free, mcp: [], models: ['claude-*'], usd_per_day: 2 })).toEqual([
    { name: 'models', names: ['claude-*'] },
    { name: 'mcp', names: [] },
    { name: 'usd_per_day', limit: 2 },
  ])
})

test('each budget is held against its own span, and the fullest is shown', () => {
  const key = { ...free, requests_per_day: 100, tokens_per_day: 2000, usd_per_month: 1, today: used, this_month: used }
  const budgets = budgetsOf(key)
  expect(budgets.map(({ name, used, share }) => [name, used, share])).toEqual([['requests_per_day', 90, 0.9], ['tokens_per_day', 1000, 0.5], ['usd_per_month', 1.5, 1.5]])
  expect(fullest(budgets, 'today')?.name).toBe('requests_per_day')
  expect(fullest(budgets, 'this_month')?.name).toBe('usd_per_month')
  expect(fullest([], 'today')).toBeNull()
})
