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
  docs: 'https://api-docs.deepseek.com',
}
