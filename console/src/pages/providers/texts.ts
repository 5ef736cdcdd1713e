import { addTexts } from '../../i18n'

addTexts(
  'providers',
  {
    column: { name: 'Provider', address: 'Address', accounts: 'Accounts', models: 'Models', state: 'State' },
    state: { healthy: 'healthy', busy: 'busy', cooling: 'resting', limited: 'at their limit', probing: 'being tried', disabled: 'off' },
    accounts: '{count} account | {count} accounts', accountsOf: 'Accounts', through: 'through {proxy}', notInForce: 'Not in force', fileShort: 'from the file', storedShort: 'added here',
    none: 'No providers yet', noneText: 'A provider is a source of answers: an address, a type, a map of models.', addTitle: 'Add a provider', addText: 'Where answers come from. Its accounts are added afterwards.', addAccounts: 'Add accounts', gone: 'There is no such provider',
    changedElsewhere: 'Somebody changed this provider meanwhile', changedElsewhereText: 'You both wrote these settings. There it says now:', takeTheirs: 'Take what is there', saveMine: 'Save what I wrote',
    tested: 'What the test found', works: 'Works', worksNot: 'Does not work', answered: '{model} answered after {ms} ms', known: 'The upstream knows the account; it answered after {ms} ms.', nothingToTest: 'It has no account to test yet.',
    overview: 'Overview', type: 'Type', name: 'Name', nameHelp: 'Part of its address, as in /NAME/v1 and NAME/model: letters, digits, “-”, “_” and “.”.', vendor: 'Vendor', vendorHelp: 'Of a known vendor, address and peculiarities are known.', otherVendor: 'Another, or a server of your own', baseUrl: 'Base URL', defaultModel: 'Default model', defaultModelHelp: 'The upstream model for names that the map does not know.', proxy: 'Proxy', rest: 'Other settings', restHelp: 'JSON, with the names of the configuration file. *** stands for a secret that stays as it is.', notJson: 'must be a JSON object', settings: 'Settings', origin: 'Origin', stored: 'added here, {at}', problem: 'Not in force',
    models: 'Model map', modelName: 'Name for clients', upstreamName: 'Name upstream', addModel: 'Add a model', removeModel: 'Remove {name}', modelsHelp: '* stands for anything. Without a map, the names of clients go to the upstream as they are.', noModels: 'None: names of clients go to the upstream as they are.',
    readOnly: 'From the configuration file', readOnlyText: 'It stands under providers.{name} there, and is changed there. Accounts can be added here.', enabled: '{name} is on', disabled: '{name} is off', deleted: '{name} is deleted', deleteOne: 'Delete {name}?', deleteText: 'Requests for it are refused from then on.', deleteWith: 'Its account goes with it, and the credential is lost for good. | Its {count} accounts go with it, and their credentials are lost for good.',
  },
  {
    column: { name: '提供方', address: '地址', accounts: '账号', models: '模型', state: '状态' },
    state: { healthy: '正常', busy: '繁忙', cooling: '休息', limited: '达到上限', probing: '试探', disabled: '停用' },
    accounts: '{count} 个账号', accountsOf: '账号', through: '经由 {proxy}', notInForce: '未生效', fileShort: '来自文件', storedShort: '在此添加',
    none: '还没有提供方', noneText: '提供方是回答的来源：地址、类型与模型映射。', addTitle: '添加提供方', addText: '回答从哪里来。账号随后添加。', addAccounts: '添加账号', gone: '没有这个提供方',
    changedElsewhere: '此提供方同时被他人修改', changedElsewhereText: '以下设置双方都改了，现在的值是：', takeTheirs: '采用现有的值', saveMine: '保存我的修改',
    tested: '测试结果', works: '可用', worksNot: '不可用', answered: '{model} 在 {ms} 毫秒后作答', known: '上游认识此账号，{ms} 毫秒后作答。', nothingToTest: '还没有可测试的账号。',
    overview: '概况', type: '类型', name: '名称', nameHelp: '是地址的一部分，如 /名称/v1 与 名称/模型：字母、数字、“-”、“_”与“.”。', vendor: '厂商', vendorHelp: '已知厂商的地址与特性无须填写。', otherVendor: '其他厂商或自建服务', baseUrl: '基础地址', defaultModel: '默认模型', defaultModelHelp: '映射中没有的名称使用的上游模型。', proxy: '代理', rest: '其他设置', restHelp: 'JSON，名称与配置文件相同。*** 代表保持不变的机密。', notJson: '必须是 JSON 对象', settings: '设置', origin: '来源', stored: '在此添加，{at}', problem: '未生效',
    models: '模型映射', modelName: '客户端名称', upstreamName: '上游名称', addModel: '添加模型', removeModel: '移除 {name}', modelsHelp: '* 代表任意名称。没有映射时，客户端的名称原样发给上游。', noModels: '无：客户端的名称原样发给上游。',
    readOnly: '来自配置文件', readOnlyText: '它位于配置文件的 providers.{name}，请在那里更改。账号可以在这里添加。', enabled: '{name} 已启用', disabled: '{name} 已停用', deleted: '{name} 已删除', deleteOne: '删除 {name}？', deleteText: '此后对它的请求会被拒绝。', deleteWith: '它的 {count} 个账号会一并删除，凭据将永久丢失。',
  },
)
