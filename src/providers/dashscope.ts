import { bearer, type Provider } from './provider.ts'

export const dashscope: Provider = {
  id: 'dashscope',
  name: 'Alibaba Cloud DashScope (Qwen)',
  dialect: 'openai-chat',
  baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
  keyFrom: ['DASHSCOPE_API_KEY'],
  auth: bearer,
  serves: ['qwen', 'qwq', 'qvq', 'text-embedding-v'],
  quirks: {
    maxTokensField: 'max_tokens',
    noDeveloper: true,
    reasoningIn: 'enable_thinking',
    cacheMarks: 'cache_control',
  },
  docs: 'https://www.alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope',
}
