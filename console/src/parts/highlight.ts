import hljs from 'highlight.js/lib/common'

import './highlight.css'

/** HTML in which everything of the code is escaped; an unknown language stays uncoloured. */
export function highlighted(code: string, language: string): string {
  return hljs.highlight(code, { language: hljs.getLanguage(language) ? language : 'plaintext', ignoreIllegals: true }).value
}
