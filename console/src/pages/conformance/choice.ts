/** Which cases a run plays: whole groups and single cases, as people choose them and as the API takes them. */
import type { components } from '../../api/schema'
import { GROUPS, groupOf } from './matrix'

export type CaseInfo = components['schemas']['CaseAnswer']
export interface Choosable { id: string; titles: string[] }
export interface ChoosableGroup { name: string; cases: Choosable[] }

/** The cases that one of these dialects has, in groups; the parts of a case are one, as they are chosen together. */
export function choosable(known: readonly CaseInfo[], dialects: readonly string[]): ChoosableGroup[] {
  const found = new Map<string, Choosable>()
  for (const { id, title, dialects: own } of known) {
    if (!own.some((each) => dialects.includes(each))) continue
    const one = found.get(id) ?? { id, titles: [] }
    one.titles.push(title)
    found.set(id, one)
  }
  const all = [...found.values()].sort((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true }))
  return GROUPS.map((name) => ({ name, cases: all.filter((each) => groupOf(each.id) === name) })).filter((each) => each.cases.length)
}

/** The ids that words of a run stand for; no words: all of them. */
export function idsOf(words: readonly string[], groups: readonly ChoosableGroup[]): string[] {
  const all = groups.flatMap((group) => group.cases.map((each) => each.id))
  return words.length ? all.filter((id) => words.includes(id) || words.includes(groupOf(id))) : all
}

/** As the API takes a choice: a group by its name where all of it is chosen. Null: everything, empty: nothing. */
export function wordsOf(ids: readonly string[], groups: readonly ChoosableGroup[]): string[] | null {
  const chosen = new Set(ids)
  const parts = groups.map(({ name, cases }) => {
    const own = cases.filter((each) => chosen.has(each.id)).map((each) => each.id)
    return { whole: own.length === cases.length, words: own.length === cases.length ? [name] : own }
  })
  return parts.length && parts.every((each) => each.whole) ? null : parts.flatMap((each) => each.words)
}
