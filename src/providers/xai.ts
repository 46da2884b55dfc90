import { bearer, type Provider } from './provider.ts'

export const xai: Provider = {
  id: 'xai',
  name: 'xAI',
  dialect: 'openai-chat',
  baseUrl: 'https://api.x.ai/v1',
  keyFrom: ['XAI_API_KEY'],
  auth: bearer,
  also: [{ dialect: 'openai-responses', baseUrl: '.' }],
  serves: ['grok-'],
  prices: 'x-ai',
  quirks: { thoughtsIn: 'reasoning_content' },
  docs: 'https://docs.x.ai/docs/api-reference',
}
