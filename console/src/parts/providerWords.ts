/** What the gateway says in English of types of providers and their accounts, in Chinese. Names stay as they are. */
import type { components } from '../api/schema'

type ProviderType = components['schemas']['ProviderTypeView']

const CHINESE: Readonly<Record<string, string>> = {
  'OpenAI and compatible': 'OpenAI 及兼容服务',
  'Any service that speaks Chat Completions: OpenAI, other vendors, model servers of your own.': '任何支持 Chat Completions 的服务：OpenAI、其他厂商、自建模型服务器。',
  "Anthropic's API, and services that speak Messages.": 'Anthropic 的 API，以及支持 Messages 的服务。',
  'Amazon Q Developer and Kiro': 'Amazon Q Developer 与 Kiro',
  'Accounts that sign in with AWS, or are brought from another program.': '通过 AWS 登录的账号，或从其他程序带来的账号。',
  'Your own sessions of claude.ai.': '您自己的 claude.ai 会话。',
  "The Claude Code program on the gateway's machine.": '网关所在机器上的 Claude Code 程序。',
  Dummy: '模拟来源',
  'Answers without key or network; its model names choose what it does.': '无需密钥与网络即可作答；由模型名称决定它的行为。',
  'API key': 'API 密钥',
  'Kiro with Google or GitHub': '使用 Google 或 GitHub 登录的 Kiro',
  'Identity provider of a company': '企业的身份提供方',
  'Session key': '会话密钥',
  'Session key (cookie `sessionKey`)': '会话密钥（Cookie `sessionKey`）',
  'Token for a gateway of your own': '用于自建网关的令牌',
  'Token of a subscription (`claude setup-token`)': '订阅的令牌（`claude setup-token`）',
  'Refresh token': '刷新令牌',
  'Access token': '访问令牌',
  'Client id': '客户端 ID',
  'Client secret': '客户端密钥',
  'Address of the token service': '令牌服务的地址',
  'Start URL, such as https://d-1234567890.awsapps.com/start': '起始 URL，例如 https://d-1234567890.awsapps.com/start',
  'Region of the directory': '目录所在的区域',
}

/** As it is said where nobody has found other words. */
export const wordsIn = (language: string, said: string): string => (language === 'zh' ? (Object.hasOwn(CHINESE, said) ? CHINESE[said]! : said) : said)

export function typeIn(language: string, type: ProviderType): ProviderType {
  const say = (said: string): string => wordsIn(language, said)
  return {
    ...type,
    title: say(type.title),
    description: say(type.description),
    account_kinds: type.account_kinds.map((kind) => ({ ...kind, title: say(kind.title), fields: kind.fields.map((field) => ({ ...field, title: say(field.title) })) })),
  }
}
