/** Anthropic's Messages: the request, and what its stream and its plain answer say. */
import { isObject, isTool, parsed, stopsOf, toolsOf, extraOf, type Fields, type Parameters } from './parameters'
import type { Answer, Json, Message, Question, Step, Usage } from './talk'

export const PATH = '/v1/messages'
/** The protocol does not go without a limit. */
const LIMIT = 4096

export function bodyOf(model: string, messages: readonly Message[], parameters: Parameters): Fields {
  const { system, temperature, topP, effort } = parameters
  const tools = toolsOf(parameters.tools)
  const extra = extraOf(parameters.extra)
  const stops = stopsOf(parameters.stop)
  return {
    model,
    max_tokens: parameters.maxTokens ?? LIMIT,
    ...(parameters.stream && { stream: true }),
    ...(system && { system }),
    messages: messages.map((message) => (message.role === 'user' ? question(message) : { role: 'assistant', content: spoken(message) })),
    ...(temperature !== null && { temperature }),
    ...(topP !== null && { top_p: topP }),
    ...(stops.length > 0 && { stop_sequences: stops }),
    ...thinking(parameters),
    ...(effort !== 'default' && { output_config: { effort } }),
    ...(typeof tools !== 'string' && tools.length > 0 && { tools: tools.map((tool) => (isTool(tool) ? { name: tool.name, ...(tool.description !== null && { description: tool.description }), input_schema: tool.schema } : tool)) }),
    ...choice(parameters.toolChoice),
    ...(typeof extra !== 'string' && extra),
  }
}

function thinking({ thinking, budget }: Parameters): Fields {
  switch (thinking) {
    case 'off': return { thinking: { type: 'disabled' } }
    case 'adaptive': return { thinking: { type: 'adaptive' } }
    case 'budget': return { thinking: { type: 'enabled', budget_tokens: budget ?? 1024 } }
    case 'default': return {}
  }
}

function choice(chosen: string): Fields {
  if (chosen === 'default') return {}
  return { tool_choice: chosen.startsWith('tool:') ? { type: 'tool', name: chosen.slice(5) } : { type: chosen } }
}

function question({ text, pictures, results }: Question): Json {
  if (!pictures.length && !results.length) return { role: 'user', content: text }
  return {
    role: 'user',
    content: [
      ...results.map((result) => ({ type: 'tool_result', tool_use_id: result.call, content: result.text, ...(result.failed && { is_error: true }) })),
      ...pictures.map(({ type, base64 }) => ({ type: 'image', source: { type: 'base64', media_type: type, data: base64 } })),
      ...(text ? [{ type: 'text', text }] : []),
    ],
  }
}

function spoken(answer: Answer): Json[] {
  return answer.parts.flatMap((part): Json[] => {
    switch (part.kind) {
      case 'text': return [{ type: 'text', text: part.text }]
      case 'call': return [{ type: 'tool_use', id: part.id, name: part.name, input: parsed(part.json || '{}') ?? {} }]
      case 'thinking':
        // Without its signature a thought is refused; one of the other dialect is at home there.
        if (part.sealedIn !== 'messages') return []
        return part.seals.flatMap((seal): Json[] => (isObject(seal) ? [seal.type === 'redacted_thinking' ? seal : { type: 'thinking', thinking: part.text, ...seal }] : []))
    }
  })
}

/** Reads one stream: feed it the data of its events. */
export function reader(): (data: string) => Step[] {
  const calls = new Map<Json, number>()
  return (data) => {
    const event = parsed(data)
    if (!isObject(event)) return []
    switch (event.type) {
      case 'message_start': return isObject(event.message) ? used(event.message.usage) : []
      case 'content_block_start': return isObject(event.content_block) ? begun(event.index ?? 0, event.content_block, calls) : []
      case 'content_block_delta': return isObject(event.delta) ? more(event.index ?? 0, event.delta, calls) : []
      case 'message_delta': return [...stopped(isObject(event.delta) ? event.delta.stop_reason : null), ...used(event.usage)]
      case 'message_stop': return [{ step: 'over' }]
      case 'error': return isObject(event.error) ? [{ step: 'failed', message: words(event.error.message), kind: words(event.error.type) }] : []
      default: return []
    }
  }
}

/** What a plain answer says. */
export function plain(answer: Json): Step[] {
  if (!isObject(answer) || !Array.isArray(answer.content)) return []
  const calls = new Map<Json, number>()
  const steps = answer.content.flatMap((block: Json, index): Step[] => (isObject(block) ? [...begun(index, block, calls, true)] : []))
  return [...steps, ...stopped(answer.stop_reason), ...used(answer.usage), { step: 'over' }]
}

function begun(index: Json, block: Fields, calls: Map<Json, number>, whole = false): Step[] {
  switch (block.type) {
    case 'text': return [{ step: 'text', text: words(block.text) }]
    case 'thinking': return [{ step: 'think', text: words(block.thinking) }, ...(block.signature ? [{ step: 'seal' as const, seal: { signature: block.signature } }] : [])]
    case 'redacted_thinking': return [{ step: 'seal', seal: block }]
    case 'tool_use': {
      calls.set(index, calls.size)
      const given = isObject(block.input) && (whole || Object.keys(block.input).length > 0) ? JSON.stringify(block.input) : ''
      return [{ step: 'call', id: words(block.id), name: words(block.name) }, ...(given ? [{ step: 'argue' as const, call: calls.size - 1, json: given }] : [])]
    }
    default: return []
  }
}

function more(index: Json, delta: Fields, calls: Map<Json, number>): Step[] {
  switch (delta.type) {
    case 'text_delta': return [{ step: 'text', text: words(delta.text) }]
    case 'thinking_delta': return [{ step: 'think', text: words(delta.thinking) }]
    case 'signature_delta': return [{ step: 'seal', seal: { signature: delta.signature ?? '' } }]
    case 'input_json_delta': {
      const call = calls.get(index)
      return call === undefined ? [] : [{ step: 'argue', call, json: words(delta.partial_json) }]
    }
    default: return []
  }
}

const stopped = (reason: Json | undefined): Step[] => (typeof reason === 'string' ? [{ step: 'stop', reason }] : [])

function used(usage: Json | undefined): Step[] {
  if (!isObject(usage)) return []
  const counted: Partial<Usage> = {}
  if (typeof usage.input_tokens === 'number') counted.input = usage.input_tokens
  if (typeof usage.output_tokens === 'number') counted.output = usage.output_tokens
  if (typeof usage.cache_read_input_tokens === 'number') counted.cacheRead = usage.cache_read_input_tokens
  if (typeof usage.cache_creation_input_tokens === 'number') counted.cacheWrite = usage.cache_creation_input_tokens
  return [{ step: 'usage', usage: counted }]
}

export const words = (value: Json | undefined): string => (typeof value === 'string' ? value : '')
