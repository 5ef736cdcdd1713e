/** OpenAI's Chat Completions: the request, and what its stream and its plain answer say. */
import { words } from './messages'
import { extraOf, isObject, isTool, parsed, stopsOf, toolsOf, type Fields, type Parameters } from './parameters'
import type { Answer, Json, Message, Question, Step, Usage } from './talk'

export const PATH = '/v1/chat/completions'

export function bodyOf(model: string, messages: readonly Message[], parameters: Parameters): Fields {
  const { system, maxTokens, temperature, topP } = parameters
  const tools = toolsOf(parameters.tools)
  const extra = extraOf(parameters.extra)
  const stops = stopsOf(parameters.stop)
  return {
    model,
    ...(parameters.stream && { stream: true, stream_options: { include_usage: true } }),
    messages: [...(system ? [{ role: 'system', content: system }] : []), ...messages.flatMap((message) => (message.role === 'user' ? question(message) : [spoken(message)]))],
    ...(maxTokens !== null && { max_completion_tokens: maxTokens }),
    ...(temperature !== null && { temperature }),
    ...(topP !== null && { top_p: topP }),
    ...(stops.length > 0 && { stop: stops }),
    ...thinking(parameters),
    ...(typeof tools !== 'string' && tools.length > 0 && { tools: tools.map((tool) => (isTool(tool) ? { type: 'function', function: { name: tool.name, ...(tool.description !== null && { description: tool.description }), parameters: tool.schema } } : tool)) }),
    ...choice(parameters.toolChoice),
    ...(typeof extra !== 'string' && extra),
  }
}

/** `thinking` is no word of OpenAI's; the gateway reads it as other vendors of this dialect do. */
function thinking({ thinking, budget, effort }: Parameters): Fields {
  if (thinking === 'off') return { reasoning_effort: 'none' }
  return {
    ...(effort !== 'default' && { reasoning_effort: effort }),
    ...(thinking === 'adaptive' && { thinking: { type: 'adaptive' } }),
    ...(thinking === 'budget' && { thinking: { type: 'enabled', budget_tokens: budget ?? 1024 } }),
  }
}

function choice(chosen: string): Fields {
  if (chosen === 'default') return {}
  if (chosen.startsWith('tool:')) return { tool_choice: { type: 'function', function: { name: chosen.slice(5) } } }
  return { tool_choice: chosen === 'any' ? 'required' : chosen }
}

function question({ text, pictures, results }: Question): Json[] {
  const told = results.map((result) => ({ role: 'tool', tool_call_id: result.call, content: result.text }))
  if (pictures.length) {
    const shown = pictures.map(({ type, base64 }) => ({ type: 'image_url', image_url: { url: `data:${type};base64,${base64}` } }))
    return [...told, { role: 'user', content: [...(text ? [{ type: 'text', text }] : []), ...shown] }]
  }
  return text ? [...told, { role: 'user', content: text }] : told
}

function spoken(answer: Answer): Json {
  const texts = answer.parts.flatMap((part) => (part.kind === 'text' ? [part.text] : []))
  const calls = answer.parts.flatMap((part) => (part.kind === 'call' ? [{ id: part.id, type: 'function', function: { name: part.name, arguments: part.json || '{}' } }] : []))
  const thoughts = answer.parts.flatMap((part) => (part.kind === 'thinking' && part.sealedIn === 'chat' ? [part] : []))
  const seals = thoughts.flatMap((part) => part.seals)
  const thinking = thoughts.map((part) => part.text).join('')
  return {
    role: 'assistant',
    content: texts.length ? texts.join('') : null,
    ...(thinking && { reasoning_content: thinking }),
    ...(seals.length > 0 && { reasoning_details: seals }),
    ...(calls.length > 0 && { tool_calls: calls }),
  }
}

/** Reads one stream: feed it the data of its events. */
export function reader(): (data: string) => Step[] {
  const calls = new Map<Json, number>()
  return (data) => {
    if (data === '[DONE]') return [{ step: 'over' }]
    const chunk = parsed(data)
    if (!isObject(chunk)) return []
    if (isObject(chunk.error)) return [{ step: 'failed', message: words(chunk.error.message), kind: words(chunk.error.code) || words(chunk.error.type) }]
    const choice = Array.isArray(chunk.choices) ? (chunk.choices[0] as Json | undefined) : undefined
    if (!isObject(choice)) return used(chunk.usage)
    return [...(isObject(choice.delta) ? said(choice.delta, calls) : []), ...stopped(choice.finish_reason), ...used(chunk.usage)]
  }
}

/** What a plain answer says. */
export function plain(answer: Json): Step[] {
  const choice = isObject(answer) && Array.isArray(answer.choices) ? (answer.choices[0] as Json | undefined) : undefined
  if (!isObject(answer) || !isObject(choice) || !isObject(choice.message)) return []
  return [...said(choice.message, new Map()), ...stopped(choice.finish_reason), ...used(answer.usage), { step: 'over' }]
}

function said(delta: Fields, calls: Map<Json, number>): Step[] {
  const thinking = words(delta.reasoning_content) || words(delta.reasoning)
  const text = words(delta.content) || words(delta.refusal)
  return [
    ...(thinking ? [{ step: 'think' as const, text: thinking }] : []),
    ...(Array.isArray(delta.reasoning_details) ? (delta.reasoning_details as Json[]).map((seal) => ({ step: 'seal' as const, seal })) : []),
    ...(text ? [{ step: 'text' as const, text }] : []),
    ...(Array.isArray(delta.tool_calls) ? (delta.tool_calls as Json[]).flatMap((call, place) => called(call, place, calls)) : []),
  ]
}

function called(call: Json, place: number, calls: Map<Json, number>): Step[] {
  if (!isObject(call) || !isObject(call.function)) return []
  const index = call.index ?? place
  const steps: Step[] = []
  let number = calls.get(index)
  if (number === undefined) {
    number = calls.size
    calls.set(index, number)
    steps.push({ step: 'call', id: words(call.id), name: words(call.function.name) })
  }
  const json = words(call.function.arguments)
  return json ? [...steps, { step: 'argue', call: number, json }] : steps
}

const stopped = (reason: Json | undefined): Step[] => (typeof reason === 'string' ? [{ step: 'stop', reason }] : [])

function used(usage: Json | undefined): Step[] {
  if (!isObject(usage)) return []
  const counted: Partial<Usage> = {}
  if (typeof usage.prompt_tokens === 'number') counted.input = usage.prompt_tokens
  if (typeof usage.completion_tokens === 'number') counted.output = usage.completion_tokens
  const details = usage.prompt_tokens_details
  if (isObject(details) && typeof details.cached_tokens === 'number') counted.cacheRead = details.cached_tokens
  if (isObject(details) && typeof details.cache_write_tokens === 'number') counted.cacheWrite = details.cache_write_tokens
  return [{ step: 'usage', usage: counted }]
}
