import { expect, test } from 'vitest'

import { choosable, idsOf, wordsOf, type CaseInfo } from './choice'

const info = (id: string, title = 'a case', dialects = ['messages', 'chat']): CaseInfo => ({ id, group: id.slice(0, 3), title, dialects, needs: [] })
const KNOWN = [info('AUX-01'), info('REQ-02'), info('REQ-01', 'only there', ['messages']), info('RSP-03', 'one part'), info('RSP-03', 'another')]
const BOTH = choosable(KNOWN, ['messages', 'chat'])

test('cases stand in groups in the order of the list, the parts of one together', () => {
  expect(BOTH.map((group) => [group.name, group.cases.map((each) => each.id)])).toEqual([['REQ', ['REQ-01', 'REQ-02']], ['RSP', ['RSP-03']], ['AUX', ['AUX-01']]])
  expect(BOTH[1]?.cases[0]?.titles).toEqual(['one part', 'another'])
})

test('a case that no chosen dialect has is not there', () => {
  expect(idsOf([], choosable(KNOWN, ['chat']))).toEqual(['REQ-02', 'RSP-03', 'AUX-01'])
  expect(choosable(KNOWN, [])).toEqual([])
})

test('whole groups are said by their name, and everything by nothing', () => {
  expect(wordsOf(['REQ-01', 'REQ-02', 'AUX-01'], BOTH)).toEqual(['REQ', 'AUX'])
  expect(wordsOf(['REQ-02'], BOTH)).toEqual(['REQ-02'])
  expect(wordsOf([], BOTH)).toEqual([])
  expect(wordsOf(idsOf([], BOTH), BOTH)).toBeNull()
  expect(wordsOf([], [])).toEqual([])
})

test('what an earlier run was asked is chosen again', () => {
  for (const words of [['REQ'], ['REQ-02', 'AUX'], ['RSP', 'AUX']]) expect(wordsOf(idsOf(words, BOTH), BOTH)).toEqual(words)
})
