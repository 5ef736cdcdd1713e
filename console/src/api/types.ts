/** Short names for what the API answers. */
import type { components } from './schema'

type Schemas = components['schemas']

export type Me = Schemas['Me']
export type Role = Schemas['Role']
export type Account = Schemas['AccountAnswer']
export type Key = Schemas['KeyAnswer']
export type LogRow = Schemas['LogView']
export type LogDetail = Schemas['LogDetail']
export type Model = Schemas['ModelAnswer']
export type Provider = Schemas['ProviderAnswer']
export type Setting = Schemas['SettingAnswer']
export type Summary = Schemas['SummaryAnswer']
export type User = Schemas['UserView']
