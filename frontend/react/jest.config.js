export default { preset: '../../jest.preset.js', testEnvironment: 'jsdom' };
