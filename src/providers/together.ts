import { bearer, type Provider } from './provider.ts'

export const together: Provider = {
  id: 'together',
  name: 'Together AI',
  dialect: 'openai-chat',
  baseUrl: 'https://api.together.xyz/v1',
  keyFrom: ['TOGETHER_API_KEY'],
  auth: bearer,
  quirks: { maxTokensField: 'max_tokens' },
  docs: 'https://docs.together.ai/docs/openai-api-compatibility',
}
