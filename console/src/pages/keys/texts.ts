import { addTexts } from '../../i18n'

addTexts(
  'keys',
  {
    // List
    newKey: 'New key', searchFor: 'Search name, prefix or note', allStates: 'All states', allOwners: 'All owners', nobody: 'Nobody’s', clearFilters: 'Clear the filters', shown: '{count} key | {count} keys', actionsOf: 'Actions for {name}',
    none: 'No keys yet', noneText: 'A key lets a program use this gateway. Each can have its own models, limits and budget.', noneOwn: 'No key is yours yet', noneOwnText: 'Ask an administrator for one. What it may do and what it used is then shown here.', noneFound: 'No key matches', noneFoundText: 'Try other words, or fewer filters.', holderText: 'These are your keys. An administrator can change them.',
    open: 'This gateway is open', openText: 'Callers need no key. The first key closes it: from then on every caller needs one.',
    column: { name: 'Key', state: 'State', owner: 'Owner', terms: 'Limits', today: 'Today', month: 'This month', used: 'Last used' },
    state: { active: 'Active', disabled: 'Off', owner_disabled: 'Owner is off', expired: 'Expired' }, stateFilter: { on: 'Switched on', off: 'Switched off' }, expires: 'ends {at}', expired: 'ended {at}',
    free: 'No limits', more: '{count} more', requests: '{count} request | {count} requests', tokens: '{count} tokens', of: '{used} of {limit}',
    // Terms, as chips and as fields
    term: {
      models: 'Models', providers: 'Providers', ips: 'Networks', mcp: 'MCP servers', requests_per_minute: 'Requests per minute', requests_per_day: 'Requests per day', max_concurrency: 'Requests at a time', tokens_per_minute: 'Tokens per minute', tokens_per_day: 'Tokens per day', tokens_per_month: 'Tokens per month', usd_per_day: 'Dollars per day', usd_per_month: 'Dollars per month',
    },
    chip: { requests_per_minute: '{n} requests/min', requests_per_day: '{n} requests/day', max_concurrency: '{n} at a time', tokens_per_minute: '{n} tokens/min', tokens_per_day: '{n} tokens/day', tokens_per_month: '{n} tokens/month', usd_per_day: '{n}/day', usd_per_month: '{n}/month', noMcp: 'no MCP servers' },
    help: {
      name: 'By which people tell it from others.', note: 'For administrators; clients never see it.', owner: 'Sees the key and what it used.', expires: 'From then on the key is refused.', models: 'One a line; * stands for anything, as in claude-*. Empty: all.', providers: 'One a line. Empty: all.', ips: 'Addresses and networks, such as 10.0.0.0/8, one a line. Empty: from anywhere.', mcp: 'Servers that Claude Code starts itself.', mcpNames: 'One a line: files for a server, files:read_* for some of its tools.', budgets: 'Days and months are those of UTC. Models without a price count nothing.', secret: 'At least 8 characters. Empty: one is made.',
    },
    field: { name: 'Name', note: 'Note', owner: 'Owner', expires: 'Valid until', created: 'Made', updated: 'Changed', lastUsed: 'Last used', id: 'Id', secret: 'A secret that clients have already' },
    mcp: { default: 'What the provider allows', none: 'None', some: 'Only these' }, mcpNames: 'MCP servers and tools', preset: { never: 'Never ends', days: '{count} day | {count} days', year: '1 year' }, group: { access: 'What it may use', limits: 'How much it may use', other: 'Owner, note, own secret' },
    // Doing
    createTitle: 'New key', createText: 'Only the name is needed. The secret is shown once, when the key is made.', rotate: 'New secret', enabled: '{name} is on', disabled: '{name} is off', deleted: '{name} is deleted',
    rotateOne: 'A new secret for {name}?', rotateText: 'The present secret is refused at once. Clients that use it stop working until they are given the new one.', disableOne: 'Switch off {name}?', disableText: 'Clients that use it are refused until it is switched on again.', deleteOne: 'Delete {name}?', deleteText: 'Clients that use it are refused, and its counts are lost. To keep those, switch it off instead.',
    secretTitle: 'The secret of {name}', secretOnce: 'This is the only time it is shown', secretOnceText: 'The gateway keeps only a hash of it. Copy it now, to a place that keeps secrets.', secret: 'Secret', kept: 'I have kept it',
    // One key
    tab: { facts: 'Overview', edit: 'Edit', settings: 'Settings to copy' }, requestsOf: 'Its requests', budgets: 'Budgets', use: 'Last 30 days', useNone: 'It was not used in the last 30 days.', day: 'Day', unknownOwner: 'a user who is gone', perDay: 'Requests of each day', noPrice: 'Models without a price are not in the cost.',
    // Settings of clients
    ready: {
      client: 'Client', secretField: 'The secret of the key', secretHelp: 'The gateway does not know it any more. Put it here to have it in the settings; it stays in this page.', placeholder: 'The settings below show {word} in its place.', install: 'Install', shell: 'In a terminal', settingsFile: 'Or for good, in {file}', program: '{file}', chat: 'As OpenAI’s clients', messages: 'As Anthropic’s clients', noModel: 'Choose a model; the settings name it.', address: 'Address',
    },
    trial: {
      title: 'Test call', text: 'Sends one short request with this key, as a client would.', go: 'Send a test call', again: 'Send again', waiting: 'Waiting for the first word…', good: 'It works', took: '{model} answered after {time}.', empty: 'The answer has no text.', bad: 'The test call failed', status: 'Status {status}', request: 'Look at the request', unreachable: 'The gateway does not answer. Is it running?', cut: 'The answer broke off before its end.',
      way: { key: 'The key is not accepted. Is it whole, switched on and not over?', forbidden: 'The key may not do this: look at its models, providers and networks.', model: 'Choose another model, or map this name under Models.', limit: 'A limit is reached, of the key or upstream. Wait, or raise it.', upstream: 'The source did not answer well. Test its account under Accounts.', source: 'No account can answer now. Look under Accounts.' },
    },
  },
  {
    newKey: '新建密钥', searchFor: '搜索名称、前缀或备注', allStates: '全部状态', allOwners: '全部所有者', nobody: '无所有者', clearFilters: '清除筛选', shown: '共 {count} 个密钥', actionsOf: '{name} 的操作',
    none: '还没有密钥', noneText: '程序凭密钥使用此网关。每个密钥可以有自己的模型、限制和预算。', noneOwn: '您还没有密钥', noneOwnText: '请向管理员申请。之后这里会显示它的权限和用量。', noneFound: '没有符合条件的密钥', noneFoundText: '换个词，或减少筛选条件。', holderText: '这些是您的密钥，由管理员负责更改。',
    open: '此网关目前开放', openText: '调用方不需要密钥。创建第一个密钥后网关即关闭：此后每个调用方都需要密钥。',
    column: { name: '密钥', state: '状态', owner: '所有者', terms: '限制', today: '今天', month: '本月', used: '上次使用' },
    state: { active: '有效', disabled: '已停用', owner_disabled: '所有者已停用', expired: '已过期' }, stateFilter: { on: '已启用', off: '已停用' }, expires: '{at}到期', expired: '{at}已到期',
    free: '无限制', more: '另有 {count} 项', requests: '{count} 次请求', tokens: '{count} 令牌', of: '{used} / {limit}',
    term: {
      models: '模型', providers: '提供方', ips: '网段', mcp: 'MCP 服务器', requests_per_minute: '每分钟请求数', requests_per_day: '每天请求数', max_concurrency: '并发请求数', tokens_per_minute: '每分钟令牌数', tokens_per_day: '每天令牌数', tokens_per_month: '每月令牌数', usd_per_day: '每天美元数', usd_per_month: '每月美元数',
    },
    chip: { requests_per_minute: '{n} 次/分钟', requests_per_day: '{n} 次/天', max_concurrency: '并发 {n}', tokens_per_minute: '{n} 令牌/分钟', tokens_per_day: '{n} 令牌/天', tokens_per_month: '{n} 令牌/月', usd_per_day: '{n}/天', usd_per_month: '{n}/月', noMcp: '不可用 MCP 服务器' },
    help: {
      name: '便于与其他密钥区分。', note: '仅供管理员，客户端看不到。', owner: '可以看到此密钥及其用量。', expires: '到期后密钥会被拒绝。', models: '每行一个；* 代表任意内容，如 claude-*。留空：全部。', providers: '每行一个。留空：全部。', ips: '地址或网段，如 10.0.0.0/8，每行一个。留空：任何地方。', mcp: '由 Claude Code 自行启动的服务器。', mcpNames: '每行一个：files 表示整个服务器，files:read_* 表示其中部分工具。', budgets: '日与月按 UTC 计算。没有价格的模型不计费用。', secret: '至少 8 个字符。留空：自动生成。',
    },
    field: { name: '名称', note: '备注', owner: '所有者', expires: '有效期至', created: '创建时间', updated: '更改时间', lastUsed: '上次使用', id: 'ID', secret: '客户端已有的密文' },
    mcp: { default: '与提供方允许的相同', none: '不可用', some: '仅限这些' }, mcpNames: 'MCP 服务器与工具', preset: { never: '永不到期', days: '{count} 天', year: '1 年' }, group: { access: '可以使用什么', limits: '可以使用多少', other: '所有者、备注、自带密文' },
    createTitle: '新建密钥', createText: '只需填写名称。密文仅在创建时显示一次。', rotate: '更换密文', enabled: '{name} 已启用', disabled: '{name} 已停用', deleted: '{name} 已删除',
    rotateOne: '为 {name} 更换密文？', rotateText: '现有密文会立即失效。使用它的客户端在换上新密文之前无法工作。', disableOne: '停用 {name}？', disableText: '重新启用之前，使用它的客户端会被拒绝。', deleteOne: '删除 {name}？', deleteText: '使用它的客户端会被拒绝，用量记录也会丢失。若要保留记录，请改为停用。',
    secretTitle: '{name} 的密文', secretOnce: '密文仅显示这一次', secretOnceText: '网关只保存它的哈希。请现在复制，并存放在安全的地方。', secret: '密文', kept: '我已保存',
    tab: { facts: '概况', edit: '编辑', settings: '客户端设置' }, requestsOf: '它的请求', budgets: '预算', use: '最近 30 天', useNone: '最近 30 天没有使用。', day: '日期', unknownOwner: '已删除的用户', perDay: '每天的请求数', noPrice: '没有价格的模型不计入费用。',
    ready: {
      client: '客户端', secretField: '密钥的密文', secretHelp: '网关已不知道密文。填在这里即可写入设置；它只留在本页。', placeholder: '下面的设置以 {word} 代替。', install: '安装', shell: '在终端中', settingsFile: '或长期写入 {file}', program: '{file}', chat: '按 OpenAI 客户端的方式', messages: '按 Anthropic 客户端的方式', noModel: '请选择模型，设置中会写明。', address: '地址',
    },
    trial: {
      title: '测试调用', text: '用此密钥发送一个简短请求，与客户端的做法相同。', go: '发送测试调用', again: '再次发送', waiting: '等待第一个字……', good: '可用', took: '{model} 在 {time} 后答完。', empty: '回答没有文字。', bad: '测试调用失败', status: '状态 {status}', request: '查看此请求', unreachable: '网关没有响应，它在运行吗？', cut: '回答在结束前中断。',
      way: { key: '密钥未被接受。它是否完整、已启用且未过期？', forbidden: '密钥无权这样做：请查看它的模型、提供方和网段。', model: '请换一个模型，或在“模型”中映射此名称。', limit: '达到了密钥或上游的限制。请稍候，或提高限制。', upstream: '来源没有正常作答。请在“账号”中测试其账号。', source: '目前没有账号能够作答。请查看“账号”。' },
    },
  },
)
