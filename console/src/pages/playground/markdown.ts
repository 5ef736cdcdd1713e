/**
 * What models write, as HTML that can do nothing.
 *
 * Twice safe: markdown-it escapes all HTML in the text (`html: false`) and draws no pictures, which would be fetched from wherever a
 * model wishes; and DOMPurify lets through only the tags it makes itself. What is left, the Content-Security-Policy forbids.
 */
import DOMPurify from 'dompurify'
import MarkdownIt from 'markdown-it'

import { highlighted } from '../../parts/highlight'

const TAGS = ['a', 'blockquote', 'br', 'button', 'code', 'div', 'em', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'hr', 'li', 'ol', 'p', 'pre', 's', 'span', 'strong', 'table', 'tbody', 'td', 'th', 'thead', 'tr', 'ul']
const ATTRIBUTES = ['href', 'target', 'rel', 'class', 'start', 'type', 'data-copy', 'aria-label', 'title', 'tabindex']
/** Colouring longer code while it comes would be felt. */
const COLOURED = 20_000

const purify = DOMPurify(window)
purify.addHook('afterSanitizeAttributes', (node) => {
  if (node.tagName !== 'A') return
  node.setAttribute('target', '_blank')
  node.setAttribute('rel', 'noopener noreferrer')
})

const markdown = new MarkdownIt({ html: false, linkify: true, breaks: true })
markdown.validateLink = (url) => /^(https?:|mailto:)/i.test(url.trim())
markdown.renderer.rules.fence = (tokens, index, _options, env) => {
  const token = tokens[index]
  return token ? code(token.content, token.info.trim().split(/\s+/)[0] ?? '', String(env?.copy)) : ''
}
markdown.renderer.rules.code_block = (tokens, index, _options, env) => code(tokens[index]?.content ?? '', '', String(env?.copy))
// A picture is shown as the link to it.
markdown.renderer.rules.image = (tokens, index) => {
  const token = tokens[index]
  const { escapeHtml } = markdown.utils
  return token ? `<a href="${escapeHtml(String(token.attrGet('src') ?? ''))}">${escapeHtml(token.content || String(token.attrGet('src')))}</a>` : ''
}

function code(text: string, language: string, copy: string): string {
  const { escapeHtml } = markdown.utils
  const inner = text.length > COLOURED ? escapeHtml(text) : highlighted(text, language)
  return `<div class="code"><div class="code-head"><span>${escapeHtml(language)}</span><button type="button" data-copy aria-label="${escapeHtml(copy)}">${escapeHtml(copy)}</button></div><pre tabindex="0"><code class="hljs">${inner}</code></pre></div>`
}

/** The blocks of a text, each HTML of its own, so that only the last one changes while the text grows. */
export function blocksOf(text: string, copy: string): string[] {
  const env = { copy }
  const blocks: string[] = []
  let from = 0
  const tokens = markdown.parse(text, env)
  tokens.forEach((token, index) => {
    if (token.level > 0 || token.nesting > 0) return
    const html = markdown.renderer.render(tokens.slice(from, index + 1), markdown.options, env)
    blocks.push(purified(html))
    from = index + 1
  })
  return blocks
}

const known = new Map<string, string>()

function purified(html: string): string {
  let clean = known.get(html)
  if (clean === undefined) {
    clean = purify.sanitize(html, { ALLOWED_TAGS: TAGS, ALLOWED_ATTR: ATTRIBUTES, ALLOW_DATA_ATTR: false, ALLOWED_URI_REGEXP: /^(?:https?:|mailto:)/i })
    if (known.size > 500) known.clear()
    known.set(html, clean)
  }
  return clean
}
