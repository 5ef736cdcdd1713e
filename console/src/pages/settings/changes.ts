/** Changes that are not saved yet: name → value, null for what goes back to file and environment. */
import type { Setting } from '../../api/types'

export type Changes = Readonly<Record<string, unknown>>
type Held = Pick<Setting, 'name' | 'kind' | 'value' | 'configured' | 'default' | 'changed' | 'optional'>

/** With this value; what it is already is no change. */
export function withValue(changes: Changes, setting: Held, value: unknown): Changes {
  const { [setting.name]: _, ...others } = changes
  return same(value, setting.value) ? others : { ...others, [setting.name]: value }
}

/** Back to what file and environment say. */
export function takenBack(changes: Changes, setting: Held): Changes {
  const { [setting.name]: _, ...others } = changes
  return setting.changed ? { ...others, [setting.name]: null } : others
}

/** As it is shipped: nothing is stored where file and environment say the same, and unset can only be what they leave unset. */
export function byDefault(changes: Changes, setting: Held): Changes {
  return setting.default === null || same(setting.configured, setting.default) ? takenBack(changes, setting) : withValue(changes, setting, setting.default)
}

/** What will be in force once the changes are saved. */
export function valueAfter(changes: Changes, setting: Held): unknown {
  if (!(setting.name in changes)) return setting.value
  return changes[setting.name] ?? setting.configured
}

/** Those that the gateway still has, when it was asked anew. */
export function stillChanges(changes: Changes, settings: readonly Held[]): Changes {
  return settings.reduce<Changes>((kept, each) => {
    if (!(each.name in changes)) return kept
    return changes[each.name] === null ? takenBack(kept, each) : withValue(kept, each, changes[each.name])
  }, {})
}

/** What is typed, as JSON: a number where it is one. The gateway judges the rest, and says what is wrong with it. */
export function read(setting: Pick<Setting, 'kind' | 'optional'>, text: string): unknown {
  const said = text.trim()
  if (said === '' && setting.optional) return null
  if (setting.kind === 'int' || setting.kind === 'float' || setting.kind === 'duration') return said !== '' && Number.isFinite(Number(said)) ? Number(said) : said
  return said
}

/** As it stands in an input. */
export const written = (value: unknown): string => (value === null || value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value, null, 2) : String(value))

export function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other))
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
}
