/**
 * The part of vue-i18n's message format that our texts use, in place of its compiler: a first visit need not fetch the rest.
 *
 * `{name}` stands for a value, `{'@'}` for the sign itself, and ` | ` parts the singular from the plural.
 */
import type { MessageContext, MessageFunction } from 'vue-i18n'

type Part = (context: MessageContext) => string

const PLACES = /\{(?:'([^']*)'|(\w+))\}/g

export function compile(text: string): MessageFunction {
  const forms = text.split(' | ').map(form)
  const only = forms[0]
  return forms.length === 1 && only ? only : (context: MessageContext) => context.plural(forms.map((each) => each(context)))
}

function form(text: string): Part {
  const parts: Part[] = []
  let from = 0
  for (const { index, 0: place, 1: sign, 2: name } of text.matchAll(PLACES)) {
    const before = text.slice(from, index) + (sign ?? '')
    parts.push(() => before)
    if (name !== undefined) parts.push((context) => written(context.named(name)))
    from = index + place.length
  }
  const rest = text.slice(from)
  return (context) => parts.map((part) => part(context)).join('') + rest
}

const written = (value: unknown): string => (value == null ? '' : String(value))
