import { bearer, type Provider } from './provider.ts'

export const deepseek: Provider = {
  id: 'deepseek',
  name: 'DeepSeek',
  dialect: 'openai-chat',
  baseUrl: 'https://api.deepseek.com/v1',
  keyFrom: ['DEEPSEEK_API_KEY'],
  auth: bearer,
  also: [{ dialect: 'anthropic-messages', baseUrl: 'https://api.deepseek.com/anthropic/v1' }],
  serves: ['deepseek-'],
  quirks: {
    maxTokensField: 'max_tokens',
    noDeveloper: true,
    noSchemas: true,
    reasoningIn: 'thinking',
    thoughtsIn: 'reasoning_content',
    stops: 16,
  },
  docs: 'https://api-docs.deepseek.com',
}
