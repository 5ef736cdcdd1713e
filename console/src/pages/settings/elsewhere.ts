/** How a setting is written outside the console: as lines of the file, and as a variable. */
import type { Setting } from '../../api/types'

export const variableOf = (name: string): string => `ISTHMUS_${name.replaceAll('.', '__').toUpperCase()}`

/** YAML, each section on a line of its own. A secret is left to be filled in. */
export function fileLines({ name, value, secret }: Pick<Setting, 'name' | 'value' | 'secret'>): string {
  const parts = name.split('.')
  return parts.map((part, depth) => `${'  '.repeat(depth)}${part}:${depth === parts.length - 1 ? ` ${inYaml(secret ? '…' : value)}` : ''}`).join('\n')
}

function inYaml(value: unknown): string {
  if (value === null || value === undefined) return ''
  // Anything that JSON can say, YAML understands.
  return typeof value === 'string' && /^[A-Za-z/…][\w./…-]*$/.test(value) && !/^(true|false|yes|no|on|off|null)$/i.test(value) ? value : JSON.stringify(value)
}
