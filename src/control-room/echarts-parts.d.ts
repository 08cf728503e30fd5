// Parts of ECharts that register themselves and export nothing; the package ships no types for them.
declare module 'echarts/lib/chart/bar.js' {}
declare module 'echarts/lib/component/gridSimple.js' {}
declare module 'echarts/lib/component/legendPlain.js' {}
declare module 'echarts/lib/component/title.js' {}
