import { addTexts } from '../../i18n'

addTexts(
  'requests',
  {
    // Filters
    searchFor: 'Search errors, models, ids', any: 'Any', anyStatus: 'Any status', anyOf: { provider: 'Any provider', key: 'Any key', account: 'Any account', error: 'Any error' }, allTime: 'All time', custom: 'From … to …', more: 'More filters', inForce: 'Filters in force', clearFilters: 'Clear the filters', withoutFilter: 'Remove the filter {filter}', only: 'Only {value}',
    since: 'From', until: 'Until', modelHelp: 'Asked for or used', clientHelp: 'Address of the client',
    statusIs: { ok: 'Succeeded', failed: 'Failed', '2xx': '2xx', '3xx': '3xx', '4xx': '4xx: client', '5xx': '5xx: server', '429': '429: limit' },
    streamed: { title: 'Way of answering', yes: 'streamed', no: 'in one piece' }, lossy: { title: 'Losses', yes: 'with losses', no: 'without losses' },
    slower: { title: 'Slower than', help: 'From the first byte to the last', chip: 'Slower than {length}' }, firstSlower: { title: 'First token slower than', help: 'Only streamed answers have one', chip: 'First token slower than {length}' }, seconds: 's',
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
    export: { title: 'Export requests', text: 'Every request in the log, as CSV.', textFiltered: 'Every request that fits the filters, as CSV.', what: 'One row for each request, with all its figures. No content of requests or answers is in it.', counting: 'Counting…', fit: '{rows} request | {rows} requests', atLeast: 'At least {rows} request fits; counting them all takes too long. | At least {rows} requests fit; counting them all takes too long.', tooMany: 'More than {rows} requests fit.', narrow: 'A file has the newest 100,000. For others, choose another time or further filters; the API gives all of them at once.', cut: 'The file has the newest {rows} requests. There are more.', progress: '{rows} row, {size} | {rows} rows, {size}', done: '{rows} row exported | {rows} rows exported' },
    // One request
    one: 'Request', newer: 'Newer request', older: 'Older request', tryModel: 'Open in the playground', copyLink: 'Copy the link to this request', meaning: '{what} {done}', toDo: 'What to do: {steps}', deletedAccount: 'deleted ({id})', fromFile: 'configuration file', deletedKey: 'deleted ({id})', clientLeftText: 'It closed the connection before the answer was over. That counts neither as a success nor as a failure.',
    timeLine: 'Time line', atOnce: 'It was over at once', received: 'Received', attempt: 'Attempt {number}', asked: 'Asked', answered: 'answered', ended: 'End', startsUnknown: 'An earlier version wrote this row. It did not keep when attempts began.',
    stretch: { gateway: 'In the gateway', queue: 'Waiting for a free account', failed: 'Failed attempt', waiting: 'Waiting for the answer', answering: 'Answering' },
    tokensAndCost: 'Tokens and cost', noTokens: 'The upstream counted nothing, and nothing was estimated.', cacheRead: 'Read from cache', cacheWrite: 'Written to cache', reasoning: 'Reasoning', noPrice: 'no price is known', credits: 'Credits', creditsHelp: 'unit of the vendor', speed: 'Speed', perSecond: '{tokens}/s',
    notCarried: 'What could not be carried over', notCarriedText: 'The client sent it, and the upstream has no place for it. The client was told in x-isthmus-loss.',
    facts: 'Details', begun: 'Began', endpoint: 'Endpoint', way: 'Way through', modelAsked: 'Model asked for', modelUsed: 'Model served', stop: 'Why it stopped', upstreamStatus: 'Status upstream', requestId: 'Request id', upstreamId: 'Id upstream', notes: 'Notes',
    lane: { raw: 'untouched, byte for byte', translated: 'translated', estimated: 'counted by the gateway', cache: 'answered from the cache' },
  },
  {
    searchFor: '搜索错误、模型、ID', any: '不限', anyStatus: '全部状态', anyOf: { provider: '全部提供方', key: '全部密钥', account: '全部账号', error: '全部错误' }, allTime: '全部时间', custom: '自定义时间', more: '更多筛选', inForce: '当前筛选', clearFilters: '清除筛选', withoutFilter: '移除筛选 {filter}', only: '只看 {value}',
    since: '从', until: '到', modelHelp: '请求的或实际使用的', clientHelp: '客户端地址',
    statusIs: { ok: '成功', failed: '失败', '2xx': '2xx', '3xx': '3xx', '4xx': '4xx：客户端', '5xx': '5xx：服务端', '429': '429：请求过快' },
    streamed: { title: '回答方式', yes: '流式', no: '一次性' }, lossy: { title: '损失', yes: '有损失', no: '无损失' },
    slower: { title: '耗时超过', help: '从第一个字节到最后一个', chip: '耗时超过 {length}' }, firstSlower: { title: '首个令牌慢于', help: '只有流式回答才有', chip: '首个令牌慢于 {length}' }, seconds: '秒',
    column: { time: '时间', status: '状态', model: '模型', key: '密钥', tokens: '令牌', cost: '费用', duration: '耗时', losses: '损失', provider: '提供方', account: '账号', client: '客户端', error: '错误' },
    none: '还没有请求', noneText: '客户端向本网关发出的一切都会列在这里：谁、问什么、用了多久、结果如何。从不记录内容。', noneOwn: '用您的密钥发出的请求会列在这里。', noneFound: '没有符合条件的请求', noneFoundText: '换个词、放宽时间或减少筛选条件。', toPlayground: '试用模型',
    shown: '共 {count} 个请求', backTo: '最早 {time}', searching: '正在搜索更早的请求…', searchOn: '继续搜索', window: '只显示最新的 {count} 个。结束实时查看后可继续往前看。',
    openOne: '{time} 的请求，{id}', servedBy: '实际使用', by: '来自', first: '首字 {time}', firstToken: '首个令牌', inOut: '输入 {input}，输出 {output}', lost: '{count} 项损失', attemptsMade: '尝试 {count} 次', clientLeft: '客户端已离开',
    dialect: { openai_chat: 'Chat', openai_completions: 'Completions', anthropic: 'Messages' },
    live: { off: '实时', on: '实时', held: '已暂停', connecting: '连接中…', waiting: '连接中断', help: '请求结束时立即显示；您阅读时暂不更新', notPast: '所选时间已经结束' },
    showHeld: '{count} 个新请求', missed: '错过 {count} 个', gap: '错过了一些', missedText: '结束的请求多得显示不下。可从日志中载入最新的。',
    export: { title: '导出请求', text: '日志中的全部请求，CSV 格式。', textFiltered: '符合筛选条件的全部请求，CSV 格式。', what: '每个请求一行，包含全部数字。不含请求与回答的内容。', counting: '正在计数…', fit: '共 {rows} 个请求', atLeast: '至少 {rows} 个请求符合；全部计数耗时过长。', tooMany: '超过 {rows} 个请求符合。', narrow: '一个文件包含最新的 100,000 个。如需其他的，请更换时间或增加筛选条件；API 可一次给出全部。', cut: '文件包含最新的 {rows} 个请求。还有更多。', progress: '{rows} 行，{size}', done: '已导出 {rows} 行' },
    one: '请求', newer: '较新的请求', older: '较早的请求', tryModel: '在试用台打开', copyLink: '复制此请求的链接', meaning: '{what}{done}', toDo: '怎么办：{steps}', deletedAccount: '已删除（{id}）', fromFile: '配置文件', deletedKey: '已删除（{id}）', clientLeftText: '它在回答结束前断开了连接，既不算成功也不算失败。',
    timeLine: '时间线', atOnce: '瞬间完成', received: '收到', attempt: '第 {number} 次尝试', asked: '请求', answered: '已作答', ended: '结束', startsUnknown: '此行由较早的版本写入，当时未记录各次尝试何时开始。',
    stretch: { gateway: '网关处理', queue: '等待空闲账号', failed: '失败的尝试', waiting: '等待回答', answering: '作答' },
    tokensAndCost: '令牌与费用', noTokens: '上游没有计数，也没有估计。', cacheRead: '读取缓存', cacheWrite: '写入缓存', reasoning: '推理', noPrice: '价格未知', credits: '点数', creditsHelp: '供应商的计费单位', speed: '速度', perSecond: '{tokens} 个/秒',
    notCarried: '未能传达的内容', notCarriedText: '客户端发送了它，而上游没有对应的位置。已通过 x-isthmus-loss 告知客户端。',
    facts: '详情', begun: '开始', endpoint: '接口', way: '通过方式', modelAsked: '请求的模型', modelUsed: '实际模型', stop: '停止原因', upstreamStatus: '上游状态', requestId: '请求 ID', upstreamId: '上游 ID', notes: '备注',
    lane: { raw: '原样通过', translated: '经过翻译', estimated: '由网关计数', cache: '来自缓存' },
  },
)
