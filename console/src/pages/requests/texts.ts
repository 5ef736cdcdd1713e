import { addTexts } from '../../i18n'

addTexts(
  'requests',
  {
    // Filters
    searchFor: 'Search errors, models, ids', any: 'Any', anyStatus: 'Any status', anyOf: { provider: 'Any provider', key: 'Any key', account: 'Any account', error: 'Any error' }, allTime: 'All time', custom: 'From … to …', more: 'More filters', inForce: 'Filters in force', clearFilters: 'Clear the filters', withoutFilter: 'Remove the filter {filter}', only: 'Only {value}',
    since: 'From', until: 'Until', modelHelp: 'Asked for or used', clientHelp: 'Address of the client',
    statusIs: { ok: 'Succeeded', failed: 'Failed', '2xx': '2xx', '3xx': '3xx', '4xx': '4xx: client', '5xx': '5xx: server', '429': '429: limit' },
    streamed: { title: 'Way of answering', yes: 'streamed', no: 'in one piece' }, lossy: { title: 'Losses', yes: 'with losses', no: 'without losses' },
    // List
    column: { time: 'Time', status: 'Status', model: 'Model', key: 'Key', tokens: 'Tokens', cost: 'Cost', duration: 'Duration', losses: 'Losses', provider: 'Provider', account: 'Account', client: 'Client', error: 'Error' },
    none: 'No requests yet', noneText: 'Everything that clients ask of this gateway is listed here: who, what, how long and what came of it. Never its content.', noneOwn: 'What is asked with your keys is listed here.', noneFound: 'No request matches', noneFoundText: 'Try other words, a longer time or fewer filters.', toPlayground: 'Try a model',
    shown: '{count} request | {count} requests', backTo: 'back to {time}', searching: 'Searching older requests…', searchOn: 'Search further', window: 'The newest {count} are shown. End the live view to look further back.',
    openOne: 'Request at {time}, {id}', servedBy: 'served by', by: 'by', first: 'first {time}', firstToken: 'First token', inOut: '{input} in, {output} out', lost: '{count} loss | {count} losses', attemptsMade: '{count} attempt | {count} attempts', clientLeft: 'client left',
    dialect: { openai_chat: 'Chat', openai_completions: 'Completions', anthropic: 'Messages' },
    // Live
    live: { off: 'Live', on: 'Live', held: 'Held', connecting: 'Connecting…', waiting: 'Connection lost', help: 'Show requests as they end; they are held back while you read', notPast: 'The chosen time ends in the past' },
    showHeld: '{count} new', missed: '{count} went by', gap: 'Some went by', missedText: 'More requests ended than could be shown. Load the newest from the log.',
    // Export
    export: { title: 'Export requests', text: 'Every request in the log, as CSV.', textFiltered: 'Every request that fits the filters, as CSV.', what: 'One row for each request, with all its figures. No content of requests or answers is in it.', progress: '{rows} row, {size} | {rows} rows, {size}', done: '{rows} row exported | {rows} rows exported' },
    // One request
    one: 'Request', newer: 'Newer request', older: 'Older request', tryModel: 'Open in the playground', clientLeftText: 'It closed the connection before the answer was over. That counts neither as a success nor as a failure.',
    timeLine: 'Time line', atOnce: 'It was over at once', received: 'Received', attempt: 'Attempt {number} {account}', answered: 'answered', ended: 'End', endToEnd: 'The log keeps how long each attempt took, not when it began: they are drawn one after another.',
    stretch: { waiting: 'Waiting', failed: 'Failed attempt', answering: 'Answering' },
    tokensAndCost: 'Tokens and cost', noTokens: 'The upstream counted nothing, and nothing was estimated.', cacheRead: 'Read from cache', cacheWrite: 'Written to cache', reasoning: 'Reasoning', noPrice: 'no price is known', credits: 'Credits', creditsHelp: 'unit of the vendor', speed: 'Speed', perSecond: '{tokens}/s',
    notCarried: 'What could not be carried over', notCarriedText: 'The client sent it, and the upstream has no place for it. The client was told in x-isthmus-loss.',
    action: { dropped: 'dropped', clamped: 'clamped', converted: 'converted', emulated: 'emulated', replaced: 'replaced' },
    actionText: { dropped: 'It was left out.', clamped: 'It was brought into the range that the upstream takes.', converted: 'It was said in another form that the upstream takes.', emulated: 'The gateway brings it about itself, as well as that can be done.', replaced: 'A visible note stands in its place.' },
    facts: 'Details', begun: 'Began', endpoint: 'Endpoint', way: 'Way through', modelAsked: 'Model asked for', modelUsed: 'Model served', stop: 'Why it stopped', upstreamStatus: 'Status upstream', requestId: 'Request id', upstreamId: 'Id upstream', notes: 'Notes',
    lane: { raw: 'untouched, byte for byte', translated: 'translated', estimated: 'counted by the gateway', cache: 'answered from the cache' },
    meaning: {
      invalid_request: 'The request is not what the dialect or the model takes', context_overflow: 'The prompt is longer than the model takes', capability: 'The model lacks a feature', policy_blocked: 'The upstream’s content policy refused it', authentication: 'The client’s key is missing or wrong', billing: 'The key’s budget is spent', permission: 'It may not be used from there', not_found: 'There is no such path or provider', model_not_found: 'Nobody knows such a model', conflict: 'The conversation is being answered already', too_large: 'The request is too large', rate_limit: 'A rate limit or an allowance is reached', not_supported: 'The provider cannot do this', timeout: 'The upstream did not answer in time', upstream: 'The upstream failed or cannot be reached', overloaded: 'The upstream is busy', internal: 'A fault of the gateway: its own log says more',
    },
  },
  {
    searchFor: '搜索错误、模型、ID', any: '不限', anyStatus: '全部状态', anyOf: { provider: '全部提供方', key: '全部密钥', account: '全部账号', error: '全部错误' }, allTime: '全部时间', custom: '自定义时间', more: '更多筛选', inForce: '当前筛选', clearFilters: '清除筛选', withoutFilter: '移除筛选 {filter}', only: '只看 {value}',
    since: '从', until: '到', modelHelp: '请求的或实际使用的', clientHelp: '客户端地址',
    statusIs: { ok: '成功', failed: '失败', '2xx': '2xx', '3xx': '3xx', '4xx': '4xx：客户端', '5xx': '5xx：服务端', '429': '429：请求过快' },
    streamed: { title: '回答方式', yes: '流式', no: '一次性' }, lossy: { title: '损失', yes: '有损失', no: '无损失' },
    column: { time: '时间', status: '状态', model: '模型', key: '密钥', tokens: '令牌', cost: '费用', duration: '耗时', losses: '损失', provider: '提供方', account: '账号', client: '客户端', error: '错误' },
    none: '还没有请求', noneText: '客户端向本网关发出的一切都会列在这里：谁、问什么、用了多久、结果如何。从不记录内容。', noneOwn: '用您的密钥发出的请求会列在这里。', noneFound: '没有符合条件的请求', noneFoundText: '换个词、放宽时间或减少筛选条件。', toPlayground: '试用模型',
    shown: '共 {count} 个请求', backTo: '最早 {time}', searching: '正在搜索更早的请求…', searchOn: '继续搜索', window: '只显示最新的 {count} 个。结束实时查看后可继续往前看。',
    openOne: '{time} 的请求，{id}', servedBy: '实际使用', by: '来自', first: '首字 {time}', firstToken: '首个令牌', inOut: '输入 {input}，输出 {output}', lost: '{count} 项损失', attemptsMade: '尝试 {count} 次', clientLeft: '客户端已离开',
    dialect: { openai_chat: 'Chat', openai_completions: 'Completions', anthropic: 'Messages' },
    live: { off: '实时', on: '实时', held: '已暂停', connecting: '连接中…', waiting: '连接中断', help: '请求结束时立即显示；您阅读时暂不更新', notPast: '所选时间已经结束' },
    showHeld: '{count} 个新请求', missed: '错过 {count} 个', gap: '错过了一些', missedText: '结束的请求多得显示不下。可从日志中载入最新的。',
    export: { title: '导出请求', text: '日志中的全部请求，CSV 格式。', textFiltered: '符合筛选条件的全部请求，CSV 格式。', what: '每个请求一行，包含全部数字。不含请求与回答的内容。', progress: '{rows} 行，{size}', done: '已导出 {rows} 行' },
    one: '请求', newer: '较新的请求', older: '较早的请求', tryModel: '在试用台打开', clientLeftText: '它在回答结束前断开了连接，既不算成功也不算失败。',
    timeLine: '时间线', atOnce: '瞬间完成', received: '收到', attempt: '第 {number} 次尝试 {account}', answered: '已作答', ended: '结束', endToEnd: '日志只记录每次尝试用了多久，不记录何时开始：图中依次相接。',
    stretch: { waiting: '等待', failed: '失败的尝试', answering: '作答' },
    tokensAndCost: '令牌与费用', noTokens: '上游没有计数，也没有估计。', cacheRead: '读取缓存', cacheWrite: '写入缓存', reasoning: '推理', noPrice: '价格未知', credits: '点数', creditsHelp: '供应商的计费单位', speed: '速度', perSecond: '{tokens} 个/秒',
    notCarried: '未能传达的内容', notCarriedText: '客户端发送了它，而上游没有对应的位置。已通过 x-isthmus-loss 告知客户端。',
    action: { dropped: '已略去', clamped: '已限制', converted: '已转换', emulated: '已模拟', replaced: '已替换' },
    actionText: { dropped: '没有传给上游。', clamped: '已调整到上游接受的范围。', converted: '已改用上游接受的形式表达。', emulated: '由网关自行尽力实现。', replaced: '原处放了一条可见的说明。' },
    facts: '详情', begun: '开始', endpoint: '接口', way: '通过方式', modelAsked: '请求的模型', modelUsed: '实际模型', stop: '停止原因', upstreamStatus: '上游状态', requestId: '请求 ID', upstreamId: '上游 ID', notes: '备注',
    lane: { raw: '原样通过', translated: '经过翻译', estimated: '由网关计数', cache: '来自缓存' },
    meaning: {
      invalid_request: '请求不符合接口或模型的要求', context_overflow: '提示超出了模型的长度', capability: '模型缺少某项功能', policy_blocked: '被上游的内容政策拒绝', authentication: '客户端密钥缺失或错误', billing: '密钥的预算已用完', permission: '不允许从该处使用', not_found: '没有这样的路径或提供方', model_not_found: '没有这样的模型', conflict: '该对话正在回答中', too_large: '请求过大', rate_limit: '达到速率限制或额度上限', not_supported: '提供方不支持', timeout: '上游未及时作答', upstream: '上游出错或无法连接', overloaded: '上游繁忙', internal: '网关自身的错误：它的日志里有更多说明',
    },
  },
)
