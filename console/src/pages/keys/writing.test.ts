import { expect, test } from 'vitest'

import type { Key } from '../../api/types'
import { bodyOf, changesIn, emptyForm, formOf, inDays, namesIn } from './writing'

const use = { requests: 0, failures: 0, input_tokens: 0, output_tokens: 0, cost_usd: 0 }
const key: Key = {
  id: 'key_1', name: 'laptop', prefix: 'sk-isthmus-ab', state: 'active', enabled: true, expires_at: '2027-03-04T05:06:07.890Z', user_id: 'usr_1', providers: null, models: ['claude-*', 'gpt-5'], ips: null, mcp: [],
  requests_per_minute: 60, requests_per_day: null, tokens_per_minute: null, tokens_per_day: null, tokens_per_month: null, max_concurrency: null, usd_per_day: 2.5, usd_per_month: null, note: null,
  created_at: '2026-11-22T00:00:00.000Z', updated_at: '2026-11-22T00:00:00.000Z', last_used_at: null, today: use, this_month: use,
}

test('an untouched form changes nothing, not even the seconds of the end', () => {
  expect(changesIn(formOf(key), key)).toEqual({})
})

test('only what differs is sent, and what is emptied is null', () => {
  const form = { ...formOf(key), models: 'claude-*\n', owner: '', mcp: 'default' as const, note: ' for the train ' }
  form.limits = { ...form.limits, usd_per_day: '', requests_per_day: '1000' }
  expect(changesIn(form, key)).toEqual({ models: ['claude-*'], user_id: null, mcp: null, note: 'for the train', usd_per_day: null, requests_per_day: 1000 })
})

test('a new key says no more than was filled in', () => {
  expect(bodyOf({ ...emptyForm(), name: ' ci ' })).toEqual({ name: 'ci', enabled: true })
  expect(bodyOf({ ...emptyForm('ci'), mcp: 'some', mcpNames: 'files, search:*', secret: 'kept-from-before' })).toEqual({ name: 'ci', enabled: true, mcp: ['files', 'search:*'], secret: 'kept-from-before' })
})

test('names are parted by lines and commas, each once', () => {
  expect(namesIn(' a\n\nb, a ,c')).toEqual(['a', 'b', 'c'])
  expect(namesIn(' \n')).toBeNull()
})

test('an end is written in the time zone of the browser and read back', () => {
  const now = Date.parse('2026-11-22T10:00:00Z')
  expect(new Date(inDays(7, now)).getTime()).toBe(now + 7 * 86_400_000)
})
