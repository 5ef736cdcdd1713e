import { addTexts } from '../../i18n'

addTexts(
  'welcome',
  {
    lead: 'Three steps to the first answer. You can leave and come back at any time.', steps: 'Steps', skip: 'Skip', goOn: 'Continue',
    step: { source: 'Add a source', key: 'Create a key', use: 'Use it' }, stepText: { source: 'Where answers come from', key: 'Who may ask', use: 'Settings for your client' },
    source: {
      choose: 'Where shall answers come from?', chooseText: 'Choose one to begin with; more can be added at any time.', there: 'Already here', thereText: 'These sources are ready to answer. You can add another one, or go on.', other: 'Other sources',
      kind: { key: 'With a key', login: 'With a sign-in', local: 'Model servers of your own', program: 'With a program on this machine', none: 'To try the gateway' },
      hint: { key: 'Paste a key', login: 'Sign in', local: 'No key needed', program: 'Key or token', none: 'No key, no network' },
      address: 'Address', addressHelp: 'Empty: the usual one of this service.', kindOf: 'What do you have?', addsTo: 'An account is added to the provider “{name}”, which is there already.', keyOptional: 'Leave it empty if the server wants none.',
      add: 'Add and test', test: 'Test again', adding: 'Adding…', testing: 'Testing the account…', good: 'It works', goodModel: '{model} answered after {ms} ms.', goodPlain: 'The service knows the account; it answered after {ms} ms. No message was sent.', bad: 'The test did not succeed', badText: 'Correct what is wrong and test again, keep it as it is, or take it back.', keep: 'Keep it', withdraw: 'Take it back', withdrawn: 'Taken back',
      dummy: 'The dummy is always there', dummyText: 'It answers without key and network: good to see everything work. Its answers are made up.', useDummy: 'Go on with the dummy', back: 'All sources', terms: 'Read its page in the documentation first: {page}',
    },
    key: { text: 'A program shows a key to be let in. Give each program its own: then each has its own limits and counts.', there: 'There is a key already | There are {count} keys already', thereText: 'Their secrets are shown no more. Make a new one, or go on with one that you have kept.', haveOne: 'Go on with a key I have', closes: 'The first key closes the gateway', closesText: 'Now everybody who reaches it may ask. From the first key on, every caller needs one.', name: 'my first key', another: 'Make another' },
    use: { text: 'Choose your client and copy what it needs.', done: 'That is all', doneText: 'Watch requests come in, talk to a model, or add more sources.' },
  },
  {
    lead: '三步得到第一个回答。您可以随时离开，之后再继续。', steps: '步骤', skip: '跳过', goOn: '继续',
    step: { source: '添加来源', key: '创建密钥', use: '开始使用' }, stepText: { source: '回答从哪里来', key: '谁可以提问', use: '客户端的设置' },
    source: {
      choose: '回答从哪里来？', chooseText: '先选择一个；以后随时可以添加更多。', there: '已有来源', thereText: '这些来源已经可以作答。您可以再添加一个，或直接继续。', other: '其他来源',
      kind: { key: '使用密钥', login: '使用登录', local: '自己的模型服务器', program: '使用本机上的程序', none: '试用网关' },
      hint: { key: '粘贴密钥', login: '登录', local: '不需要密钥', program: '密钥或令牌', none: '无需密钥与网络' },
      address: '地址', addressHelp: '留空：此服务的常用地址。', kindOf: '您有哪一种？', addsTo: '账号将添加到已有的提供方“{name}”。', keyOptional: '如果服务器不需要密钥，请留空。',
      add: '添加并测试', test: '再次测试', adding: '正在添加……', testing: '正在测试账号……', good: '可用', goodModel: '{model} 在 {ms} 毫秒后作答。', goodPlain: '服务认识此账号，{ms} 毫秒后作答。没有发送消息。', bad: '测试没有成功', badText: '请更正后再次测试，或保留现状，或撤回。', keep: '保留', withdraw: '撤回', withdrawn: '已撤回',
      dummy: '模拟来源始终可用', dummyText: '它不需要密钥与网络就能作答，适合先看看一切是否正常。它的回答是编造的。', useDummy: '使用模拟来源继续', back: '全部来源', terms: '请先阅读文档中的说明：{page}',
    },
    key: { text: '程序出示密钥才能进入。请为每个程序单独创建：这样各有各的限制和用量。', there: '已有 {count} 个密钥', thereText: '它们的密文不再显示。请新建一个，或使用您保存的密钥继续。', haveOne: '使用已有的密钥继续', closes: '第一个密钥会关闭网关', closesText: '现在能访问网关的人都可以提问。有了第一个密钥之后，每个调用方都需要密钥。', name: '我的第一个密钥', another: '再创建一个' },
    use: { text: '选择客户端，复制所需的设置。', done: '完成', doneText: '您可以查看请求、与模型对话，或添加更多来源。' },
  },
)
