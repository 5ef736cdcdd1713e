import { addTexts } from '../../i18n'

addTexts(
  'ips',
  {
    tab: { blocked: 'Blocked', top: 'Top addresses' }, searchFor: 'Address, network or reason', shown: '{count} block | {count} blocks',
    none: 'No address is blocked', noneText: 'Everybody who reaches the gateway may ask, as far as keys and networks of keys let them.', noneFound: 'No block matches', noneFoundText: 'An address is found by the network around it, too.', clearFilters: 'Clear the search',
    column: { network: 'Address', reason: 'Reason', created: 'Blocked', ends: 'Time left', requests: 'Requests', failures: 'Failed', seen: 'Last seen', state: 'State' },
    untilUnblocked: 'until unblocked', addresses: '{count} address | {count} addresses', manyAddresses: 'more than 4 billion addresses', noReason: 'no reason given',
    block: 'Block', blockTitle: 'Block an address', blockText: 'Requests from it are refused at once, of the console and of clients.', network: 'Address or network', networkHelp: 'Such as 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32.', notNetwork: 'This is neither an address nor a network.', reason: 'Reason', reasonHelp: 'Stands in this list and in the audit log.',
    replaces: 'It is blocked already; this takes the place of that block.', inside: 'It lies in {network}, which is blocked already.', force: 'I know; block it', forceTitle: 'This may shut you out', blocked: '{network} is blocked',
    unblock: 'Unblock', unblockTitle: 'Unblock {network}?', unblockText: 'Its requests are served again at once.', unblocked: '{network} is unblocked', requestsOf: 'Requests of {network}', blockOne: 'Block {network}', unblockOne: 'Unblock {network}',
    noneAsked: 'Nobody has asked in this time', noneAskedText: 'Choose a longer time, or make a request.', range: 'Time', incomplete: 'The log is larger than what was counted: the figures are of its newest part.', isBlocked: 'Blocked', within: 'by {network}', isOpen: 'Open', logOnly: 'Counted from the request log: what is not logged is not in it.',
  },
  {
    tab: { blocked: '已封禁', top: '来访最多' }, searchFor: '地址、网段或原因', shown: '共 {count} 条封禁',
    none: '没有封禁任何地址', noneText: '能连到网关的人都可以请求，只受密钥及其网段的限制。', noneFound: '没有符合的封禁', noneFoundText: '输入地址也能找到包含它的网段。', clearFilters: '清除搜索',
    column: { network: '地址', reason: '原因', created: '封禁时间', ends: '剩余时间', requests: '请求', failures: '失败', seen: '最近出现', state: '状态' },
    untilUnblocked: '直到解除', addresses: '{count} 个地址', manyAddresses: '超过 40 亿个地址', noReason: '未说明原因',
    block: '封禁', blockTitle: '封禁地址', blockText: '来自它的请求立即被拒绝，包括控制台和客户端。', network: '地址或网段', networkHelp: '例如 203.0.113.7、203.0.113.0/24 或 2001:db8::/32。', notNetwork: '这不是地址，也不是网段。', reason: '原因', reasonHelp: '会显示在此列表和审计日志中。',
    replaces: '它已被封禁；此次封禁将取代原来的。', inside: '它在已封禁的 {network} 之内。', force: '我知道，仍要封禁', forceTitle: '这可能把您自己挡在外面', blocked: '{network} 已封禁',
    unblock: '解除', unblockTitle: '解除对 {network} 的封禁？', unblockText: '它的请求会立即恢复服务。', unblocked: '{network} 已解除封禁', requestsOf: '{network} 的请求', blockOne: '封禁 {network}', unblockOne: '解除 {network}',
    noneAsked: '这段时间内没有请求', noneAskedText: '选择更长的时间，或发出一个请求。', range: '时间', incomplete: '日志过大，未全部统计：数字只涵盖最新的部分。', isBlocked: '已封禁', within: '由 {network}', isOpen: '放行', logOnly: '根据请求日志统计：未记录的请求不在其中。',
  },
)
