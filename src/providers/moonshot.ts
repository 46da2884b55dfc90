import { bearer, type Provider } from './provider.ts'

export const moonshot: Provider = {
  id: 'moonshot',
  name: 'Moonshot AI (Kimi)',
  dialect: 'openai-chat',
  baseUrl: 'https://api.moonshot.ai/v1',
  keyFrom: ['MOONSHOT_API_KEY'],
  auth: bearer,
  serves: ['kimi-', 'moonshot-'],
  prices: 'moonshotai',
  quirks: {
    maxTokensField: 'max_tokens',
    noDeveloper: true,
    reasoningIn: 'thinking',
    thoughtsIn: 'reasoning_content',
    fetches: [],
  },
  docs: 'https://platform.moonshot.ai/docs',
}
