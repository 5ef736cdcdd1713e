import { expect, test } from 'vitest'

import { accountName, cellsOf, changeOf, earlierOf, groupsOf, moreFailures, type Result, type Run } from './matrix'

const result = (id: string, dialect: string, outcome = 'pass', title = 'a case'): Result => ({ id, title, dialect, modes: ['plain'], result: outcome, words: '', evidence: null, seconds: 0.1, requests: 1 })
const run = (id: string, created_at: string, more: Partial<Run> = {}): Run => ({
  id, created_at, state: 'finished', provider: 'dummy', account_id: null, account_label: null, model: 'm', dialects: [], cases: [], by: 'anna', finished_at: created_at, total: 1, requests: 1, done: 1, counts: {}, problem: null, ...more,
})

test('a case is one line, with a cell for each dialect', () => {
  const [group] = groupsOf(cellsOf([result('STR-02', 'chat'), result('STR-01', 'chat'), result('STR-01', 'messages', 'fail')], null))
  expect(group?.rows.map((row) => [row.id, Object.keys(row.cells)])).toEqual([['STR-01', ['chat', 'messages']], ['STR-02', ['chat']]])
})

test('parts of one case stay apart', () => {
  const [group] = groupsOf(cellsOf([result('RSP-03', 'chat', 'pass', 'the end'), result('RSP-03', 'chat', 'fail', 'a stop sequence')], null))
  expect(group?.rows).toHaveLength(2)
})

test('groups stand in the order of the list, unknown ones last', () => {
  expect(groupsOf(cellsOf(['AUX-01', 'NEW-01', 'REQ-01', 'STR-01'].map((id) => result(id, 'any')), null)).map((each) => each.name)).toEqual(['REQ', 'STR', 'AUX', 'NEW'])
})

test.each([
  ['pass', 'fail', 'broken'],
  ['declared', 'fail', 'broken'],
  ['fail', 'pass', 'mended'],
  ['fail', 'declared', 'mended'],
  ['pass', 'declared', 'other'],
  ['pass', 'pass', null],
])('%s, then %s, is %s', (before, now, change) => {
  expect(changeOf(result('STR-01', 'chat', now), result('STR-01', 'chat', before))).toBe(change)
})

test('what an earlier run did not have has not changed', () => {
  const now = [result('STR-01', 'chat')]
  expect(cellsOf(now, [result('STR-02', 'chat', 'fail')])[0]?.change).toBeNull()
  expect(cellsOf(now, null)[0]?.change).toBeNull()
  expect(cellsOf(now, [result('STR-01', 'chat', 'fail')])[0]).toMatchObject({ change: 'mended', before: { result: 'fail' } })
})

test('only a finished run of the same target is compared with', () => {
  const now = run('now', '2026-03-04')
  const runs = [now, run('later', '2026-03-05'), run('cut', '2026-03-03', { state: 'cancelled' }), run('other', '2026-03-03', { model: 'x' }), run('pinned', '2026-03-03', { account_id: 'acc_1' }), run('old', '2026-03-01'), run('near', '2026-03-02')]
  expect(earlierOf(now, runs)?.id).toBe('near')
})

test('failures are counted against a run of the same cases only', () => {
  const now = run('now', '2026-03-04', { counts: { fail: 3 } })
  expect(moreFailures(now, [run('old', '2026-03-01', { counts: { pass: 1, fail: 1 } })])).toBe(2)
  expect(moreFailures(now, [run('old', '2026-03-01', { cases: ['STR'] })])).toBeNull()
  expect(moreFailures(now, [])).toBeNull()
})

test('an account has its label, one of the file its id, and one that is gone none', () => {
  expect(accountName(run('1', 'a', { account_id: 'acc_1', account_label: 'mine' }))).toBe('mine')
  expect(accountName(run('1', 'a', { account_id: 'config:openai' }))).toBe('config:openai')
  expect(accountName(run('1', 'a', { account_id: 'acc_1' }))).toBeNull()
  expect(accountName(run('1', 'a'))).toBeNull()
})
