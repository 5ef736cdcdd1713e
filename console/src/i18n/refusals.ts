/**
 * The gateway speaks English. For Chinese readers a refusal begins with its kind, and what is usually wrong with a field is said in
 * Chinese; whatever is not known here is shown as it came, as it names the thing and the way out.
 */
import { language } from './index'

const KINDS: Record<string, string> = {
  invalid: '输入无效',
  not_found: '未找到',
  conflict: '与现有内容冲突',
  outdated: '内容已被他人修改',
  forbidden: '没有权限',
  unauthenticated: '未登录或登录已失效',
  too_many_attempts: '尝试次数过多',
  unavailable: '暂时不可用',
  method_not_allowed: '不支持此操作',
  internal: '网关内部错误',
  failed: '操作失败',
}

const TYPES: Record<string, string> = { string: '文本', integer: '整数', number: '数字', boolean: '布尔值', list: '列表', array: '列表', dictionary: '对象', object: '对象', datetime: '日期和时间', URL: '网址' }

/** Words of pydantic, and a few of the gateway's own (`words_of` in control/failures.py). */
const WORDS: readonly (readonly [RegExp, (...found: string[]) => string])[] = [
  [/^Field required$/, () => '必填'],
  [/^there is no such field here$/, () => '没有这个字段'],
  [/^Input should be greater than or equal to (\S+)$/, (least) => `不能小于 ${least}`],
  [/^Input should be less than or equal to (\S+)$/, (most) => `不能大于 ${most}`],
  [/^Input should be greater than (\S+)$/, (least) => `必须大于 ${least}`],
  [/^Input should be less than (\S+)$/, (most) => `必须小于 ${most}`],
  [/^(?:String|Value|Data) should have at least (\d+) characters?$|^needs at least (\d+) characters$/, (one, other) => `至少需要 ${one || other} 个字符`],
  [/^(?:String|Value|Data) should have at most (\d+) characters?$|^may have (\d+) characters at most$/, (one, other) => `最多 ${one || other} 个字符`],
  [/^(?:List|Dictionary) should have at least (\d+) items? .*$/, (least) => `至少需要 ${least} 项`],
  [/^(?:List|Dictionary) should have at most (\d+) items? .*$/, (most) => `最多 ${most} 项`],
  [/^String should match pattern '(.*)'$/, (pattern) => `格式应为 ${pattern}`],
  [/^Input should be a valid (\w+)(?:, .*)?$/, (type) => `应为${TYPES[type] ?? ` ${type}`}`],
  [/^Input should be ((?:'.*'|\d+|null).*)$/, (choices) => `应为 ${choices.replaceAll(' or ', ' 或 ').replaceAll(', ', '、')}`],
  [/^the request is not valid: see (.*)$/, (names) => `请检查 ${names}`],
]

/** What is wrong with one field. */
export function fieldWords(message: string): string {
  if (language() !== 'zh') return message
  for (const [pattern, words] of WORDS) {
    const found = pattern.exec(message)
    if (found) return words(...found.slice(1).map((each) => each ?? ''))
  }
  return message
}

/** Why something was refused. */
export function refusalWords(code: string, message: string): string {
  const kind = KINDS[code]
  return language() === 'zh' && kind ? `${kind}：${fieldWords(message)}` : message
}
