/** Settings of a provider, parted into what the form has fields for, the map of models, and the rest as JSON. */

export const FIELDS = ['vendor', 'base_url', 'default_model', 'proxy'] as const
export type FieldName = (typeof FIELDS)[number]
export interface Mapped { name: string; upstream: string }
export interface Parts {
  fields: Record<FieldName, string>
  models: Mapped[]
  rest: string
}
type Settings = Readonly<Record<string, unknown>>

export function partsOf(settings: Settings): Parts {
  const { models, ...others } = settings
  const rest = Object.fromEntries(Object.entries(others).filter(([name]) => !isField(name)))
  return {
    fields: Object.fromEntries(FIELDS.map((name) => [name, typeof settings[name] === 'string' ? settings[name] : ''])) as Parts['fields'],
    models: mappedIn(models),
    rest: Object.keys(rest).length ? JSON.stringify(rest, null, 2) : '',
  }
}

/** What the parts say together. Throws `SyntaxError` when the rest is no JSON object. */
export function settingsOf({ fields, models, rest }: Parts): Record<string, unknown> {
  const more: unknown = rest.trim() ? JSON.parse(rest) : {}
  if (typeof more !== 'object' || more === null || Array.isArray(more)) throw new SyntaxError('not an object')
  const named = Object.fromEntries(FIELDS.flatMap((name) => (fields[name].trim() ? [[name, fields[name].trim()]] : [])))
  const map = mapOf(models)
  return { ...more, ...named, ...(Object.keys(map).length && { models: map }) }
}

/** As a change of a stored provider says it: what differs, and null for what is gone. */
export function changesOf(before: Settings, after: Settings): Record<string, unknown> {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return Object.fromEntries([...names].filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name])).map((name) => [name, after[name] ?? null]))
}

/**
 * The settings as they are `now`, when somebody has changed them since they were `read`, with what was written here over them; and the
 * names of those that both have written, differently.
 */
export function rebased(written: Settings, read: Settings, now: Settings): { settings: Record<string, unknown>; clashes: string[] } {
  const mine = changesOf(read, written)
  const theirs = changesOf(read, now)
  const settings = Object.fromEntries(Object.entries({ ...now, ...mine }).filter(([, value]) => value !== null))
  const clashes = Object.keys(mine).filter((name) => name in theirs && JSON.stringify(mine[name]) !== JSON.stringify(theirs[name]))
  return { settings, clashes }
}

/** A name without a target keeps its name. */
export function mapOf(models: readonly Mapped[]): Record<string, string> {
  return Object.fromEntries(models.flatMap(({ name, upstream }) => (name.trim() ? [[name.trim(), upstream.trim() || name.trim()]] : [])))
}

function mappedIn(models: unknown): Mapped[] {
  if (Array.isArray(models)) return models.map((each) => ({ name: String(each), upstream: String(each) }))
  return Object.entries((models ?? {}) as Record<string, unknown>).map(([name, upstream]) => ({ name, upstream: String(upstream) }))
}

const isField = (name: string): boolean => (FIELDS as readonly string[]).includes(name)
