/** What is asked of a model besides the conversation, as the form holds it, and what of it is not well formed. */
import type { Dialect, Json } from './talk'

export type Thinking = 'default' | 'off' | 'adaptive' | 'budget'

export interface Parameters {
  dialect: Dialect
  stream: boolean
  system: string
  maxTokens: number | null
  temperature: number | null
  topP: number | null
  /** One sequence a line. */
  stop: string
  thinking: Thinking
  budget: number | null
  effort: string
  /** `default`, `auto`, `any`, `none`, or the name of a tool behind `tool:`. */
  toolChoice: string
  tools: string
  extra: string
}

export const DEFAULTS: Parameters = {
  dialect: 'messages', stream: true, system: '', maxTokens: 4096, temperature: null, topP: null, stop: '',
  thinking: 'default', budget: 2048, effort: 'default', toolChoice: 'default', tools: '', extra: '',
}

export const EFFORTS = ['default', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const

export interface Tool {
  name: string
  description: string | null
  schema: Json
}
export type Fields = { readonly [name: string]: Json }
export type Problem = 'json' | 'list' | 'object' | 'name'

/** The problem of a field, by its name; empty when the request can be made. */
export function problemsOf(parameters: Parameters): Partial<Record<'tools' | 'extra', Problem>> {
  const tools = toolsOf(parameters.tools)
  const extra = extraOf(parameters.extra)
  return { ...(typeof tools === 'string' && { tools }), ...(typeof extra === 'string' && { extra }) }
}

/**
 * The tools of the text, read from either dialect or the bare `{name, description, parameters}`. A vendor's own tool, which has a
 * type and no schema, stays the JSON it is.
 */
export function toolsOf(text: string): readonly (Tool | Fields)[] | Problem {
  if (!text.trim()) return []
  const value = parsed(text)
  if (value === undefined) return 'json'
  if (!Array.isArray(value)) return 'list'
  const tools = value.map((each: Json) => (isObject(each) ? toolOf(each) : 'name'))
  return tools.includes('name') ? 'name' : (tools as (Tool | Fields)[])
}

export const isTool = (tool: Tool | Fields): tool is Tool => 'schema' in tool && 'description' in tool && !('type' in tool)

function toolOf(given: Fields): Tool | Fields | 'name' {
  const inner = isObject(given.function) ? given.function : given
  const schema = inner.input_schema ?? inner.parameters
  if (schema === undefined && typeof given.type === 'string' && given.type !== 'function' && given.type !== 'custom') return given
  if (typeof inner.name !== 'string' || !inner.name) return 'name'
  return { name: inner.name, description: typeof inner.description === 'string' ? inner.description : null, schema: schema ?? { type: 'object', properties: {} } }
}

/** The names that can be chosen. */
export function toolNames(text: string): string[] {
  const tools = toolsOf(text)
  return typeof tools === 'string' ? [] : tools.flatMap((tool) => (typeof tool.name === 'string' ? [tool.name] : []))
}

export function extraOf(text: string): Fields | Problem {
  if (!text.trim()) return {}
  const value = parsed(text)
  if (value === undefined) return 'json'
  return isObject(value) ? value : 'object'
}

export const stopsOf = (text: string): string[] => text.split('\n').filter((line) => line.trim())

export const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)

export function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

/** Shown by the button that fills the field. */
export const EXAMPLE_TOOLS = JSON.stringify(
  [{ name: 'get_weather', description: 'The weather in a city, now.', input_schema: { type: 'object', properties: { city: { type: 'string' }, unit: { type: 'string', enum: ['celsius', 'fahrenheit'] } }, required: ['city'] } }],
  null,
  2,
)
