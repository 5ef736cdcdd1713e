/** Results of a run as a table of cases and dialects, and what changed since an earlier run. */
import type { components } from '../../api/schema'

export type Run = components['schemas']['RunAnswer']
export type RunWithResults = components['schemas']['RunDetail']
export type Result = components['schemas']['ResultAnswer']
export type Change = 'broken' | 'mended' | 'other'

/** The order of the project's own list; a group that is not in it comes last. */
export const GROUPS = ['REQ', 'RSP', 'STR', 'ERR', 'AUX'] as const

export interface Cell {
  key: string
  result: Result
  before: Result | undefined
  change: Change | null
}
export interface Row {
  id: string
  title: string
  /** By dialect; one that is in `any` has no others. */
  cells: Partial<Record<string, Cell>>
}
export interface Group {
  name: string
  rows: Row[]
}

export const keyOf = (result: Pick<Result, 'id' | 'title' | 'dialect'>): string => `${result.id} ${result.dialect} ${result.title}`

/** What became of a case since `before`; null when nothing did, or the earlier run did not have it. */
export function changeOf(now: Result, before: Result | undefined): Change | null {
  if (!before || before.result === now.result) return null
  if (now.result === 'fail') return 'broken'
  return before.result === 'fail' ? 'mended' : 'other'
}

/** Every result, with that of the earlier run beside it where there is one to compare with. */
export function cellsOf(results: readonly Result[], earlier: readonly Result[] | null): Cell[] {
  const known = new Map((earlier ?? []).map((each) => [keyOf(each), each]))
  return results.map((result) => {
    const key = keyOf(result)
    const before = known.get(key)
    return { key, result, before, change: changeOf(result, before) }
  })
}

/** Cases in the order of their ids, in groups. */
export function groupsOf(cells: readonly Cell[]): Group[] {
  const rows = new Map<string, Row>()
  for (const cell of cells) {
    const { id, title, dialect } = cell.result
    const name = `${id} ${title}`
    const row = rows.get(name) ?? { id, title, cells: {} }
    row.cells[dialect] = cell
    rows.set(name, row)
  }
  const groups = new Map<string, Row[]>()
  for (const row of [...rows.values()].sort((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true }))) {
    const name = groupOf(row.id)
    groups.set(name, [...(groups.get(name) ?? []), row])
  }
  return [...groups].map(([name, found]) => ({ name, rows: found })).sort((a, b) => rank(a.name) - rank(b.name))
}

/** The newest run before this one that was finished and asked the same of the same. */
export function earlierOf(run: Run, runs: readonly Run[]): Run | undefined {
  return runs
    .filter((each) => each.state === 'finished' && each.created_at < run.created_at && sameTarget(each, run))
    .sort((a, b) => b.created_at.localeCompare(a.created_at))[0]
}

/** How many more cases fail than in the earlier run; null when they cannot be compared. */
export function moreFailures(run: Run, runs: readonly Run[]): number | null {
  const earlier = run.state === 'finished' ? earlierOf(run, runs) : undefined
  if (!earlier || String(earlier.dialects) !== String(run.dialects) || String(earlier.cases) !== String(run.cases)) return null
  return (run.counts.fail ?? 0) - (earlier.counts.fail ?? 0)
}

/** What people call the account; one of the file has its id alone, and null is for none or one that is gone. */
export const accountName = (run: Run): string | null => run.account_label ?? (run.account_id?.startsWith('config:') ? run.account_id : null)
export const sameTarget = (a: Run, b: Run): boolean => a.provider === b.provider && a.account_id === b.account_id && a.model === b.model
export const groupOf = (id: string): string => id.split('-')[0] ?? id
export const isGroup = (name: string): name is (typeof GROUPS)[number] => (GROUPS as readonly string[]).includes(name)

function rank(group: string): number {
  const at = (GROUPS as readonly string[]).indexOf(group)
  return at < 0 ? GROUPS.length : at
}
