/** A request as a command and as a program, with `$ISTHMUS_API_KEY` in the place of the secret. */
import { headersOf, MESSAGES_VERSION, type Asking } from './exchange'
import { isObject, type Fields } from './parameters'
import type { Json } from './talk'

export function curl({ dialect, path, body }: Asking, origin: string): string {
  const headers = Object.entries(headersOf(dialect, '$ISTHMUS_API_KEY')).map(([name, value]) => `  -H "${name}: ${value}" \\`)
  // A line of JSON is never the bare word JSON, so nothing in the request can end it.
  return [`curl -N ${origin}${path} \\`, ...headers, "  --data-binary @- <<'JSON'", JSON.stringify(body, null, 2), 'JSON'].join('\n')
}

/** What every official client takes by name, those of older majors too; all else goes into `extra_body`. */
const KNOWN: Record<Asking['dialect'], ReadonlySet<string>> = {
  messages: new Set(['model', 'max_tokens', 'messages', 'system', 'stream', 'stop_sequences', 'thinking', 'tools', 'tool_choice', 'metadata', 'service_tier']),
  chat: new Set(['model', 'messages', 'stream', 'stream_options', 'max_completion_tokens', 'max_tokens', 'temperature', 'top_p', 'stop', 'tools', 'tool_choice', 'parallel_tool_calls', 'reasoning_effort', 'response_format', 'seed', 'n', 'user', 'frequency_penalty', 'presence_penalty', 'logit_bias', 'service_tier']),
}

export function python({ dialect, body }: Asking, origin: string): string {
  const [known, other] = parted(body, KNOWN[dialect])
  // A client speaks the version of its own day, which may refuse what was asked here.
  const version: Fields = dialect === 'messages' ? { extra_headers: { 'anthropic-version': MESSAGES_VERSION } } : {}
  const given = Object.entries({ ...known, ...(Object.keys(other).length && { extra_body: other }), ...version })
  const lines = given.map(([name, value]) => `    ${name}=${literal(value, 1)},`)
  const [module, client, base, call] =
    dialect === 'messages' ? ['anthropic', 'Anthropic', origin, 'messages.create'] : ['openai', 'OpenAI', `${origin}/v1`, 'chat.completions.create']
  const shown =
    body.stream !== true ? ['print(answer)']
    : dialect === 'messages' ? ['for event in answer:', '    if event.type == "content_block_delta" and event.delta.type == "text_delta":', '        print(event.delta.text, end="", flush=True)']
    : ['for chunk in answer:', '    if chunk.choices and chunk.choices[0].delta.content:', '        print(chunk.choices[0].delta.content, end="", flush=True)']
  return ['import os', '', `from ${module} import ${client}`, '', `client = ${client}(base_url=${JSON.stringify(base)}, api_key=os.environ["ISTHMUS_API_KEY"])`, `answer = client.${call}(`, ...lines, ')', ...shown, ''].join('\n')
}

function parted(body: Fields, names: ReadonlySet<string>): [Fields, Fields] {
  const pairs = Object.entries(body)
  return [Object.fromEntries(pairs.filter(([name]) => names.has(name))), Object.fromEntries(pairs.filter(([name]) => !names.has(name)))]
}

/** JSON as Python writes it; its strings are Python's, too. */
function literal(value: Json, depth: number): string {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value !== 'object') return JSON.stringify(value)
  const items = Array.isArray(value)
    ? (value as Json[]).map((each) => literal(each, depth + 1))
    : isObject(value) ? Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}: ${literal(each, depth + 1)}`) : []
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}']
  const short = items.join(', ')
  if (short.length < 80 && !short.includes('\n')) return `${open}${short}${close}`
  const indent = '    '.repeat(depth + 1)
  return `${open}\n${items.map((item) => `${indent}${item},\n`).join('')}${'    '.repeat(depth)}${close}`
}

/** For the eye: what is long in it, such as a picture, is cut short. */
export function shortened(value: Json, limit = 2000): Json {
  if (typeof value === 'string') return value.length > limit ? `${value.slice(0, 48)}… (${value.length} characters)` : value
  if (Array.isArray(value)) return (value as Json[]).map((each) => shortened(each, limit))
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, shortened(each, limit)])) : value
}
