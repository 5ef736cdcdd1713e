import { expect, test } from 'vitest'

import type { Account } from '../../api/types'
import type { AccountKind } from '../../parts/providerTypes'
import { changesIn, formOf, lineMember, members, readPasted, rebased } from './writing'

const kind = (name: string, ...fields: string[]): AccountKind => ({ kind: name, title: name, renewable: false, fields: fields.map((each) => ({ name: each, title: each, secret: true, required: true })) })
const KEY = kind('api_key', 'credential.api_key')
const LOGIN = kind('builder_id', 'credential.refresh_token', 'credential.client_id')

test('members are named by their place, and empty ones are left out', () => {
  expect(members({ 'credential.api_key': ' k ', 'details.profile.x': 'p', 'credential.other': '  ' })).toEqual({ credential: { api_key: 'k' }, details: { 'profile.x': 'p' } })
})

test('a line holds an account where one secret makes it', () => {
  expect(lineMember(KEY)).toBe('api_key')
  expect(lineMember(LOGIN)).toBeNull()
  expect(lineMember({ ...KEY, fields: KEY.fields.map((each) => ({ ...each, required: false })) })).toBe('api_key')
})

test('lines: a key, perhaps a label, comments and empty ones are passed over', () => {
  const read = readPasted('# keys\n\nsk-0123456789abcdef\r\nsk-b, team  two\n', 'openai', KEY)
  expect(read).toEqual([
    { line: 3, shown: '…cdef', problem: null, body: { provider: 'openai', kind: 'api_key', credential: { api_key: 'sk-0123456789abcdef' } } },
    { line: 4, shown: 'team two', problem: null, body: { provider: 'openai', kind: 'api_key', credential: { api_key: 'sk-b' }, label: 'team two' } },
  ])
})

test('a session key may name its organization', () => {
  const [read] = readPasted('sk-ant-sid01-x:org-1', 'web', kind('session_key', 'credential.session_key'))
  expect(read?.body).toEqual({ provider: 'web', kind: 'session_key', credential: { session_key: 'sk-ant-sid01-x' }, details: { organization_id: 'org-1' } })
})

test('JSON says more, and counts for more than what was chosen', () => {
  const entry = { kind: 'api_key', label: 'x', credential: { api_key: 'k' } }
  for (const text of [JSON.stringify([entry]), JSON.stringify({ accounts: [entry] }), JSON.stringify(entry), JSON.stringify(entry, null, 2)]) {
    expect(readPasted(text, 'q', LOGIN)).toEqual([{ line: 1, shown: 'x', problem: null, body: { provider: 'q', ...entry } }])
  }
  expect(readPasted(`${JSON.stringify(entry)}\n{"label": "y"}\n{broken`, 'q', LOGIN).map((each) => [each.line, each.shown, each.problem])).toEqual([[1, 'x', null], [2, 'y', null], [3, '{…', 'notJson']])
})

test('what cannot be an account says so', () => {
  expect(readPasted('token-alone', 'q', LOGIN)[0]?.problem).toBe('needsJson')
  expect(readPasted('[7]', 'q', LOGIN)[0]?.problem).toBe('notAccount')
  expect(readPasted('["sk-b"]', 'openai', KEY)[0]?.body).toMatchObject({ credential: { api_key: 'sk-b' } })
})

const ACCOUNT = { label: 'a', enabled: true, priority: 0, weight: 1, max_concurrency: 4, requests_per_minute: null, tokens_per_minute: null, requests_per_day: null, tokens_per_day: null, details: { email: 'x' }, proxy: null, credential_hint: '…abcd' } as unknown as Account

test('only what was changed is sent', () => {
  const form = formOf(ACCOUNT)
  expect(changesIn(form, ACCOUNT)).toEqual({})
  form.limits.max_concurrency = ''
  form.limits.requests_per_day = '50'
  form.priority = '-1'
  form.proxy = ''
  form.details = '{}'
  expect(changesIn(form, ACCOUNT, { 'credential.api_key': 'k', 'credential.none': '' })).toEqual({ max_concurrency: null, requests_per_day: 50, priority: -1, proxy: null, details: {}, credential: { api_key: 'k' } })
})

test('what two wrote apart is joined, and what two wrote at once is said', () => {
  const form = formOf(ACCOUNT)
  form.label = 'mine'
  form.priority = '1'
  form.limits.requests_per_day = '50'
  const now = { ...ACCOUNT, weight: 7, priority: 2, requests_per_day: 50, max_concurrency: null }
  const joined = rebased(form, ACCOUNT, now, false)
  expect(joined.clashes).toEqual([{ field: 'priority', now: '2' }])
  expect(changesIn(joined.form, now)).toEqual({ label: 'mine', priority: 1 })
})

test('proxies and credentials are told apart by what is shown of them', () => {
  const form = { ...formOf(ACCOUNT), proxy: 'socks5://here:1080' }
  const now = { ...ACCOUNT, proxy: 'http://there:3128', credential_hint: '…wxyz' }
  expect(rebased(form, ACCOUNT, now, true).clashes).toEqual([{ field: 'proxy', now: 'http://there:3128' }, { field: 'credential', now: '…wxyz' }])
  expect(rebased(formOf(ACCOUNT), ACCOUNT, now, false)).toEqual({ form: formOf(ACCOUNT), clashes: [] })
})
