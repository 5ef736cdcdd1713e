import type { en } from './en'
import type { Same } from './index'

/** 外壳与各页共用的文字。 */
export const zh: Same<typeof en> = {
  app: { name: 'Isthmus', tagline: '一个网关，通向所有模型', skip: '跳到正文', missing: '这里什么也没有', missingText: '控制台没有这个地址的页面。', home: '回到概览', forbidden: '您的角色无权访问', forbiddenText: '此页面需要角色“{role}”，请联系管理员。' },
  nav: {
    dashboard: '概览', playground: '试用台', requests: '请求', accounts: '账号', providers: '提供方', models: '模型', keys: 'API 密钥', users: '用户', ips: '地址', settings: '设置', conformance: '一致性', about: '关于', profile: '个人资料', welcome: '开始使用',
    watch: '观察', sources: '来源', access: '访问', system: '系统', menu: '主菜单', search: '搜索或跳转…', go: '前往', collapse: '收起菜单',
  },
  do: {
    add: '添加', cancel: '取消', clear: '清除', close: '关闭', copied: '已复制', copy: '复制', create: '创建', delete: '删除', disable: '停用', download: '下载', edit: '编辑', enable: '启用', export: '导出', import: '导入', more: '更多', open: '打开', refresh: '刷新', remove: '移除', reset: '重置', retry: '重试', save: '保存', search: '搜索', show: '显示', hide: '隐藏', signOut: '退出登录', signIn: '登录', stop: '停止', test: '测试', loadMore: '加载更多',
  },
  is: { loading: '加载中…', saving: '保存中…', done: '完成', none: '无', never: '从未', unknown: '未知', on: '开', off: '关', unlimited: '不限', optional: '可选', fromFile: '来自配置文件', readOnly: '您可以查看，但不能更改。' },
  failed: { title: '操作失败', unreachable: '网关没有响应，它在运行吗？', wait: '请在 {seconds} 秒后重试。', load: '无法加载', sessionLost: '会话已结束，请重新登录。' },
  confirm: { type: '输入 {word} 以确认' },
  theme: { title: '外观', light: '浅色', dark: '深色', system: '跟随系统' },
  language: '语言',
  role: { admin: '管理员', viewer: '只读用户', holder: '密钥持有人' },
  figures: { requests: '请求数', tokens: '令牌数', cost: '费用', success: '成功率', input: '输入', output: '输出', failures: '失败', estimated: '估计', measured: '实测' },
  range: { hour: '最近 1 小时', day: '最近 24 小时', week: '最近 7 天', month: '最近 30 天' },
}
