PRAGMA user_version=1;
BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'agilml','m001_first_schema','2026-11-20 16:07:48.997361+00:00');
CREATE TABLE attempt (
  id TEXT PRIMARY KEY, trial TEXT NOT NULL, n INTEGER NOT NULL, sweep TEXT NOT NULL, epoch INTEGER NOT NULL,
  fence INTEGER NOT NULL, state TEXT NOT NULL, cause TEXT, slot TEXT NOT NULL, folder TEXT NOT NULL,
  host TEXT, pid INTEGER, pid_started INTEGER, isolation TEXT, start_ms REAL,
  resumed_from TEXT, resumed_step INTEGER, spool_offset INTEGER NOT NULL DEFAULT 0,
  leased REAL NOT NULL, started REAL, ended REAL, seconds REAL, cpu_seconds REAL, max_rss_mb REAL,
  exit_code INTEGER, signal INTEGER, error TEXT, UNIQUE (trial, n)
);
INSERT INTO "attempt" VALUES('t-9e76dbab792a17ca.1','t-9e76dbab792a17ca',1,'s-15fff81e0f15',1,5,'succeeded',NULL,'local:0','runs/t-9e76dbab792a17ca.1','sample-host',4121,1,'fork',9.5,NULL,NULL,100,1780000001.25,1780000001.5,1780000002.0,1.5,1.5,210.0,NULL,NULL,NULL);
INSERT INTO "attempt" VALUES('t-e76dc58eff064779.1','t-e76dc58eff064779',1,'s-15fff81e0f15',1,9,'lost','controller','local:0','runs/t-e76dc58eff064779.1','sample-host',4121,1,'fork',9.5,NULL,NULL,100,1780000002.25,1780000002.5,1780000003.25,NULL,NULL,NULL,NULL,NULL,'the controller died');
INSERT INTO "attempt" VALUES('t-e76dc58eff064779.2','t-e76dc58eff064779',2,'s-15fff81e0f15',1,14,'succeeded',NULL,'local:1','runs/t-e76dc58eff064779.2','sample-host',4121,1,'fork',9.5,'t-e76dc58eff064779.1',0,300,1780000003.5,1780000003.75,1780000004.75,1.0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "attempt" VALUES('t-dc32b3ca9e7b30d3.1','t-dc32b3ca9e7b30d3',1,'s-15fff81e0f15',1,20,'succeeded',NULL,'local:0','runs/t-dc32b3ca9e7b30d3.1','sample-host',4121,1,'fork',9.5,NULL,NULL,100,1780000005.0,1780000005.25,1780000006.0,1.5,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "attempt" VALUES('t-6e947805f031f927.1','t-6e947805f031f927',1,'s-15fff81e0f15',1,25,'failed','user','local:0','runs/t-6e947805f031f927.1','sample-host',4121,1,'fork',9.5,NULL,NULL,100,1780000006.25,1780000006.5,1780000007.0,1.5,1.5,210.0,1,NULL,'RuntimeError: the loss exploded');
INSERT INTO "attempt" VALUES('t-de3fd8aa4c9c0140.1','t-de3fd8aa4c9c0140',1,'s-15fff81e0f15',1,29,'succeeded',NULL,'local:0','runs/t-de3fd8aa4c9c0140.1','sample-host',4121,1,'fork',9.5,NULL,NULL,100,1780000007.25,1780000007.5,1780000008.0,1.5,1.5,210.0,NULL,NULL,NULL);
INSERT INTO "attempt" VALUES('t-c823b409c146ad6a.1','t-c823b409c146ad6a',1,'s-15fff81e0f15',1,33,'succeeded',NULL,'local:0','runs/t-c823b409c146ad6a.1','sample-host',4121,1,'fork',9.5,NULL,NULL,100,1780000008.25,1780000008.5,1780000009.0,1.5,1.5,210.0,NULL,NULL,NULL);
INSERT INTO "attempt" VALUES('t-71a0abac8f1e0dd2.1','t-71a0abac8f1e0dd2',1,'s-15fff81e0f15',1,37,'succeeded',NULL,'local:0','runs/t-71a0abac8f1e0dd2.1','sample-host',4121,1,'fork',9.5,NULL,NULL,100,1780000009.25,1780000009.5,1780000010.0,1.5,1.5,210.0,NULL,NULL,NULL);
INSERT INTO "attempt" VALUES('t-3f4c3a5b92b7d83c.1','t-3f4c3a5b92b7d83c',1,'s-15fff81e0f15',1,41,'succeeded',NULL,'local:0','runs/t-3f4c3a5b92b7d83c.1','sample-host',4121,1,'fork',9.5,NULL,NULL,100,1780000010.25,1780000010.5,1780000011.0,1.5,1.5,210.0,NULL,NULL,NULL);
INSERT INTO "attempt" VALUES('t-c5de98b64366610b.1','t-c5de98b64366610b',1,'s-15fff81e0f15',1,45,'succeeded',NULL,'local:0','runs/t-c5de98b64366610b.1','sample-host',4121,1,'fork',9.5,NULL,NULL,100,1780000011.25,1780000011.5,1780000012.0,1.5,1.5,210.0,NULL,NULL,NULL);
INSERT INTO "attempt" VALUES('t-0c397dd8bfa540ef.1','t-0c397dd8bfa540ef',1,'s-15fff81e0f15',1,49,'succeeded',NULL,'local:0','runs/t-0c397dd8bfa540ef.1','sample-host',4121,1,'fork',9.5,NULL,NULL,100,1780000012.25,1780000012.5,1780000013.0,1.5,1.5,210.0,NULL,NULL,NULL);
INSERT INTO "attempt" VALUES('t-6eaeb2d6173d04a3.1','t-6eaeb2d6173d04a3',1,'s-15fff81e0f15',1,53,'succeeded',NULL,'local:0','runs/t-6eaeb2d6173d04a3.1','sample-host',4121,1,'fork',9.5,NULL,NULL,100,1780000013.25,1780000013.5,1780000014.0,1.5,1.5,210.0,NULL,NULL,NULL);
INSERT INTO "attempt" VALUES('t-e882a4c84218f95f.1','t-e882a4c84218f95f',1,'s-15fff81e0f15',1,57,'succeeded',NULL,'local:0','runs/t-e882a4c84218f95f.1','sample-host',4121,1,'fork',9.5,NULL,NULL,100,1780000014.25,1780000014.5,1780000015.0,1.5,1.5,210.0,NULL,NULL,NULL);
CREATE TABLE checkpoint (
  attempt TEXT NOT NULL, step INTEGER NOT NULL, trial TEXT NOT NULL, folder TEXT NOT NULL,
  sha256 TEXT NOT NULL, size INTEGER NOT NULL, value REAL, saved REAL NOT NULL, PRIMARY KEY (attempt, step)
) WITHOUT ROWID;
INSERT INTO "checkpoint" VALUES('t-e76dc58eff064779.1',0,'t-e76dc58eff064779','runs/t-e76dc58eff064779.1/checkpoints/0','abababababababababababababababababababababababababababababababab',1048576,0.7,1780000003.0);
CREATE TABLE fact (
  origin TEXT NOT NULL, seq INTEGER NOT NULL, time REAL NOT NULL, kind TEXT NOT NULL,
  subject TEXT NOT NULL, body TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (origin, seq)
);
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',1,1780000000.25,'structure.composed','29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b','{"structure":"29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b","conf":"resnet","choices":{"model":"resnet8"},"unresolved":{"recipe":"resnet","seed":0,"metric":"val_acc","mode":"max","epochs":3,"model":{"name":"resnet","depth":8},"optim":{"name":"sgd","lr":0.1},"data":{"name":"digits","root":"${oc.env:DATA_ROOT,data}"}},"resolved":{"recipe":"resnet","seed":0,"metric":"val_acc","mode":"max","epochs":3,"model":{"name":"resnet","depth":8},"optim":{"name":"sgd","lr":0.1},"data":{"name":"digits","root":"${oc.env:DATA_ROOT,data}"}}}','00c87a8983f3c685c02609a149e615df4a336634e1162c8214c7d0b4e948d84f');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',2,1780000000.5,'sweep.planned','s-15fff81e0f15','{"sweep":"s-15fff81e0f15","conf":"resnet","recipe":"resnet","metric":"val_acc","mode":"max","total":12,"spec":{"executor":{"name":"local","slots":2},"budget":{"trials":null,"hours":null}},"provenance":{"git":{"commit":"3f786850e387550fdab836ed7e6dc881de23001b","branch":"main","dirty":false},"code":{"digest":"89e6c98d92887913cadf06b2adb97f26cde4849b","files":{"recipes/resnet.py":"1a"}},"argv":["agil","sweep","conf=resnet"],"user":"ada","host":"sample-host","python":"3.11.7","agilml":"0.1.0","packages":{"torch":"2.13.0","numpy":"2.3.0"}}}','11a98ff783a979966b4674baf85cbb0b499f70184b6dd7ca1e3c774f4cc512a9');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',3,1780000000.75,'trials.planned','s-15fff81e0f15','{"sweep":"s-15fff81e0f15","first":0,"structure":"29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b","trials":[["t-9e76dbab792a17ca",{"optim.lr":0.05,"model.depth":8,"seed":0},{"optim.lr":0.05,"model.depth":8,"seed":0}],["t-e76dc58eff064779",{"optim.lr":0.05,"model.depth":14,"seed":0},{"optim.lr":0.05,"model.depth":14,"seed":0}],["t-dc32b3ca9e7b30d3",{"optim.lr":0.2,"model.depth":8,"seed":0},{"optim.lr":0.2,"model.depth":8,"seed":0}],["t-6e947805f031f927",{"optim.lr":0.2,"model.depth":14,"seed":0},{"optim.lr":0.2,"model.depth":14,"seed":0}],["t-de3fd8aa4c9c0140",{"optim.lr":0.05,"model.depth":8,"seed":1},{"optim.lr":0.05,"model.depth":8,"seed":1}],["t-c823b409c146ad6a",{"optim.lr":0.05,"model.depth":14,"seed":1},{"optim.lr":0.05,"model.depth":14,"seed":1}],["t-71a0abac8f1e0dd2",{"optim.lr":0.2,"model.depth":8,"seed":1},{"optim.lr":0.2,"model.depth":8,"seed":1}],["t-3f4c3a5b92b7d83c",{"optim.lr":0.2,"model.depth":14,"seed":1},{"optim.lr":0.2,"model.depth":14,"seed":1}],["t-c5de98b64366610b",{"optim.lr":0.05,"model.depth":8,"seed":2},{"optim.lr":0.05,"model.depth":8,"seed":2}],["t-0c397dd8bfa540ef",{"optim.lr":0.05,"model.depth":14,"seed":2},{"optim.lr":0.05,"model.depth":14,"seed":2}],["t-6eaeb2d6173d04a3",{"optim.lr":0.2,"model.depth":8,"seed":2},{"optim.lr":0.2,"model.depth":8,"seed":2}],["t-e882a4c84218f95f",{"optim.lr":0.2,"model.depth":14,"seed":2},{"optim.lr":0.2,"model.depth":14,"seed":2}]],"kept":[]}','fb87f7670727abce45baa09eb70ae61f82434b901fabd9da9ed592c5b8ca7eee');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',4,1780000001.0,'controller.started','s-15fff81e0f15','{"sweep":"s-15fff81e0f15","epoch":1,"host":"sample-host","pid":4120}','1dd38d484e9abf0bd1e511689d10ed244fb7292ee98f361762e804e853a33a82');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',5,1780000001.25,'attempt.leased','t-9e76dbab792a17ca.1','{"attempt":"t-9e76dbab792a17ca.1","trial":"t-9e76dbab792a17ca","n":1,"fence":5,"sweep":"s-15fff81e0f15","epoch":1,"slot":"local:0","folder":"runs/t-9e76dbab792a17ca.1"}','1ab00fcb97f8263a2cb152213f6e627e21e4519721711b2ee2ccd2a656864b56');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',6,1780000001.5,'attempt.started','t-9e76dbab792a17ca.1','{"attempt":"t-9e76dbab792a17ca.1","host":"sample-host","pid":4121,"pid_started":1,"isolation":"fork","start_ms":9.5,"began":null}','15439137bbb12b549230da3c36078a17ea8f15bec47070a11c919625d510d02d');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',7,1780000001.75,'metrics.logged','t-9e76dbab792a17ca.1','{"attempt":"t-9e76dbab792a17ca.1","offset":100,"series":{"loss":[[0,1,2],[1.0924,0.5924,0.1924],[0.1,0.1,0.1]],"val_acc":[[0,1,2],[0.7076,0.9076,0.9036],[0.1,0.1,0.1]],"test_acc":[[0],[0.8976],[0.1]]}}','cd6d039fa615cf296778fdb9dc2ba9ac3e9e117b35480bf1ca84d67d8cf1324a');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',8,1780000002.0,'attempt.ended','t-9e76dbab792a17ca.1','{"attempt":"t-9e76dbab792a17ca.1","trial":"t-9e76dbab792a17ca","state":"succeeded","trial_state":"succeeded","cause":null,"error":null,"exit_code":null,"signal":null,"usage":{"seconds":1.5,"cpu_seconds":1.5,"max_rss_mb":210.0}}','b091121ee2b73d55b0b21b7252d7693e557f49d4d1f08c802fd5f74ab61527a1');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',9,1780000002.25,'attempt.leased','t-e76dc58eff064779.1','{"attempt":"t-e76dc58eff064779.1","trial":"t-e76dc58eff064779","n":1,"fence":9,"sweep":"s-15fff81e0f15","epoch":1,"slot":"local:0","folder":"runs/t-e76dc58eff064779.1"}','796b553234edb74f4f9602859e8a42c338a8c5641537c40704df72dc9a7631ad');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',10,1780000002.5,'attempt.started','t-e76dc58eff064779.1','{"attempt":"t-e76dc58eff064779.1","host":"sample-host","pid":4121,"pid_started":1,"isolation":"fork","start_ms":9.5,"began":null}','523301bad078d8f4ce7c001f732e7b1d60671fac4ab757190b8e28eb035000f2');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',11,1780000002.75,'metrics.logged','t-e76dc58eff064779.1','{"attempt":"t-e76dc58eff064779.1","offset":100,"series":{"loss":[[0],[1.0627],[0.1]],"val_acc":[[0],[0.7373],[0.1]]}}','2c7456ba833640502836bac15e0f98177d4e280227c7632b86f88441abb1270e');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',12,1780000003.0,'checkpoint.saved','t-e76dc58eff064779.1','{"attempt":"t-e76dc58eff064779.1","trial":"t-e76dc58eff064779","step":0,"folder":"runs/t-e76dc58eff064779.1/checkpoints/0","sha256":"abababababababababababababababababababababababababababababababab","size":1048576,"value":0.7,"dropped":[]}','4dea350657289b40135d47fead289160dcd01ca9b0ae24001a71cec55762cbc7');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',13,1780000003.25,'attempt.ended','t-e76dc58eff064779.1','{"attempt":"t-e76dc58eff064779.1","trial":"t-e76dc58eff064779","state":"lost","trial_state":"pending","cause":"controller","error":"the controller died","exit_code":null,"signal":null,"usage":{}}','3e2097abb9180a26e8f32015f9cdf446279f6e71384ad8f44a249ec2f193f97d');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',14,1780000003.5,'attempt.leased','t-e76dc58eff064779.2','{"attempt":"t-e76dc58eff064779.2","trial":"t-e76dc58eff064779","n":2,"fence":14,"sweep":"s-15fff81e0f15","epoch":1,"slot":"local:1","folder":"runs/t-e76dc58eff064779.2"}','3a0d6d7decc829a3380b58526cfdd78bffb7d52150d85bafded13d114c36d0b9');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',15,1780000003.75,'attempt.started','t-e76dc58eff064779.2','{"attempt":"t-e76dc58eff064779.2","host":"sample-host","pid":4121,"pid_started":1,"isolation":"fork","start_ms":9.5,"began":null}','bb7b9bba5fd0a37c26ee73e50f3b8d642f9665e4e03c14c1d6a77f54ea57e73c');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',16,1780000004.0,'attempt.resumed','t-e76dc58eff064779.2','{"attempt":"t-e76dc58eff064779.2","source":"t-e76dc58eff064779.1","step":0}','50c263a748ce777013332625d4f0db86541440f3de4b1359ea0031e943885ff9');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',17,1780000004.25,'metrics.logged','t-e76dc58eff064779.2','{"attempt":"t-e76dc58eff064779.2","offset":200,"series":{"loss":[[1,2],[0.5627,0.1627],[0.1,0.1]],"val_acc":[[1,2],[0.9373,0.9333],[0.1,0.1]]}}','b7782c89a5fa8683849a5faf7dbbeebd117eff19fefc5650b669e69d1cb0a5fa');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',18,1780000004.5,'metrics.logged','t-e76dc58eff064779.2','{"attempt":"t-e76dc58eff064779.2","offset":300,"series":{"test_acc":[[2],[0.9273],[0.1]]}}','14d6b8754af211ced6ccf48a57c7ab4f4bf152af60dd8d9e4477e718cf347796');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',19,1780000004.75,'attempt.ended','t-e76dc58eff064779.2','{"attempt":"t-e76dc58eff064779.2","trial":"t-e76dc58eff064779","state":"succeeded","trial_state":"succeeded","cause":null,"error":null,"exit_code":null,"signal":null,"usage":{"seconds":1.0}}','7477b5c162ac82b040480cced9cf35879c4e0f159474fdc5370ccb8a5083e397');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',20,1780000005.0,'attempt.leased','t-dc32b3ca9e7b30d3.1','{"attempt":"t-dc32b3ca9e7b30d3.1","trial":"t-dc32b3ca9e7b30d3","n":1,"fence":20,"sweep":"s-15fff81e0f15","epoch":1,"slot":"local:0","folder":"runs/t-dc32b3ca9e7b30d3.1"}','64bfe6ea8ddd36f27a3b26923b31e095fc7e7dceee7eb5b950e4608721a3eedd');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',21,1780000005.25,'attempt.started','t-dc32b3ca9e7b30d3.1','{"attempt":"t-dc32b3ca9e7b30d3.1","host":"sample-host","pid":4121,"pid_started":1,"isolation":"fork","start_ms":9.5,"began":null}','25624a2ba265bc3006291cf2958703039c7931c51c91dfcf7fe18fc426fe6c67');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',22,1780000005.5,'metrics.logged','t-dc32b3ca9e7b30d3.1','{"attempt":"t-dc32b3ca9e7b30d3.1","offset":100,"series":{"loss":[[0,1,2],[1.1,0.9,"nan"],[0.1,0.1,0.1]],"val_acc":[[0,1,2],[0.7031,0.9031,0.8991],[0.1,0.1,0.1]],"test_acc":[[0],[0.8931],[0.1]]}}','d9a7285d735c3d1fbf8ceb1afb32cbad61555325a7445852d6f5504185a3386f');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',23,1780000005.75,'attempt.warned','t-dc32b3ca9e7b30d3.1','{"attempt":"t-dc32b3ca9e7b30d3.1","text":"loss is NaN at step 2"}','605db48f6ef32c7c63291e27ad88e44627961de459f1366e8fb467a92ea52293');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',24,1780000006.0,'attempt.ended','t-dc32b3ca9e7b30d3.1','{"attempt":"t-dc32b3ca9e7b30d3.1","trial":"t-dc32b3ca9e7b30d3","state":"succeeded","trial_state":"succeeded","cause":null,"error":null,"exit_code":null,"signal":null,"usage":{"seconds":1.5}}','b88e9b94d60c449205622238c4973be45f7b0842c4e3c3d093086e93a6bd9000');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',25,1780000006.25,'attempt.leased','t-6e947805f031f927.1','{"attempt":"t-6e947805f031f927.1","trial":"t-6e947805f031f927","n":1,"fence":25,"sweep":"s-15fff81e0f15","epoch":1,"slot":"local:0","folder":"runs/t-6e947805f031f927.1"}','02b624ca82296b9ccd0518873638e324b0d2e321051c528dd241967150ef75ac');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',26,1780000006.5,'attempt.started','t-6e947805f031f927.1','{"attempt":"t-6e947805f031f927.1","host":"sample-host","pid":4121,"pid_started":1,"isolation":"fork","start_ms":9.5,"began":null}','ba1a143a118a15e349f69cef1ea3f168eea09f09af3c8e70be58b7c4254658fd');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',27,1780000006.75,'metrics.logged','t-6e947805f031f927.1','{"attempt":"t-6e947805f031f927.1","offset":100,"series":{"loss":[[0],[2.3],[0.1]]}}','b3dde5743b5f8efa1a9f9ca6be9f55f09f33aaaf6b9631d9048453b2311cff86');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',28,1780000007.0,'attempt.ended','t-6e947805f031f927.1','{"attempt":"t-6e947805f031f927.1","trial":"t-6e947805f031f927","state":"failed","trial_state":"failed","cause":"user","error":"RuntimeError: the loss exploded","exit_code":1,"signal":null,"usage":{"seconds":1.5,"cpu_seconds":1.5,"max_rss_mb":210.0}}','8bf8e335059a4b3e0834b62e3cf5e09dbe22e16f1a8f00f6942971de12a083d2');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',29,1780000007.25,'attempt.leased','t-de3fd8aa4c9c0140.1','{"attempt":"t-de3fd8aa4c9c0140.1","trial":"t-de3fd8aa4c9c0140","n":1,"fence":29,"sweep":"s-15fff81e0f15","epoch":1,"slot":"local:0","folder":"runs/t-de3fd8aa4c9c0140.1"}','989ce06382d221762d66cabd5b81c8b5cbf3f1b07e40b8dc8b2d37ddd4352d7e');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',30,1780000007.5,'attempt.started','t-de3fd8aa4c9c0140.1','{"attempt":"t-de3fd8aa4c9c0140.1","host":"sample-host","pid":4121,"pid_started":1,"isolation":"fork","start_ms":9.5,"began":null}','86af55f955e346b4ba5b8e6c7b1f944829f5ba61fcf935e96603f1d6a8d5fa24');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',31,1780000007.75,'metrics.logged','t-de3fd8aa4c9c0140.1','{"attempt":"t-de3fd8aa4c9c0140.1","offset":100,"series":{"loss":[[0,1,2],[1.0885,0.5885,0.1885],[0.1,0.1,0.1]],"val_acc":[[0,1,2],[0.7115,0.9115,0.9075],[0.1,0.1,0.1]],"test_acc":[[0],[0.9015],[0.1]]}}','35f3e9c4a4306f70ff0910603307b2dc13e592587ed890629f7e136a845f1f89');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',32,1780000008.0,'attempt.ended','t-de3fd8aa4c9c0140.1','{"attempt":"t-de3fd8aa4c9c0140.1","trial":"t-de3fd8aa4c9c0140","state":"succeeded","trial_state":"succeeded","cause":null,"error":null,"exit_code":null,"signal":null,"usage":{"seconds":1.5,"cpu_seconds":1.5,"max_rss_mb":210.0}}','6c1eca9cc767dc10f1b132a919a73e4dbb0ebc61da9ba87033af8a4fe46a8716');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',33,1780000008.25,'attempt.leased','t-c823b409c146ad6a.1','{"attempt":"t-c823b409c146ad6a.1","trial":"t-c823b409c146ad6a","n":1,"fence":33,"sweep":"s-15fff81e0f15","epoch":1,"slot":"local:0","folder":"runs/t-c823b409c146ad6a.1"}','bd79791275b1eeb1c9945f91928a81d8ee03e4c653b04e7c4479fbd33d1c14d7');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',34,1780000008.5,'attempt.started','t-c823b409c146ad6a.1','{"attempt":"t-c823b409c146ad6a.1","host":"sample-host","pid":4121,"pid_started":1,"isolation":"fork","start_ms":9.5,"began":null}','a60dac5b6eec6c79026494014de25dfae78ecc965c9277106bfe3a79ed4db8a6');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',35,1780000008.75,'metrics.logged','t-c823b409c146ad6a.1','{"attempt":"t-c823b409c146ad6a.1","offset":100,"series":{"loss":[[0,1,2],[1.0639,0.5639,0.1639],[0.1,0.1,0.1]],"val_acc":[[0,1,2],[0.7361,0.9361,0.9321],[0.1,0.1,0.1]],"test_acc":[[0],[0.9261],[0.1]]}}','7a8a3a8bcfb28575c91832cd5c7741db59dda50811a5daa6abe2ff5e21c3acc3');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',36,1780000009.0,'attempt.ended','t-c823b409c146ad6a.1','{"attempt":"t-c823b409c146ad6a.1","trial":"t-c823b409c146ad6a","state":"succeeded","trial_state":"succeeded","cause":null,"error":null,"exit_code":null,"signal":null,"usage":{"seconds":1.5,"cpu_seconds":1.5,"max_rss_mb":210.0}}','69a25e995ed475c0f0e63a7e149a5e4eba38798df758dd44dc0bc2b6d4a54339');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',37,1780000009.25,'attempt.leased','t-71a0abac8f1e0dd2.1','{"attempt":"t-71a0abac8f1e0dd2.1","trial":"t-71a0abac8f1e0dd2","n":1,"fence":37,"sweep":"s-15fff81e0f15","epoch":1,"slot":"local:0","folder":"runs/t-71a0abac8f1e0dd2.1"}','7e46d26d3f9d882ce968d5fab6cd266a5606713cab5cabb2afe3154c0a9111d3');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',38,1780000009.5,'attempt.started','t-71a0abac8f1e0dd2.1','{"attempt":"t-71a0abac8f1e0dd2.1","host":"sample-host","pid":4121,"pid_started":1,"isolation":"fork","start_ms":9.5,"began":null}','ee4d02c416b29b7d608ca07fc6ce00ab43f27b22c3cb62443565d907cd38ac6c');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',39,1780000009.75,'metrics.logged','t-71a0abac8f1e0dd2.1','{"attempt":"t-71a0abac8f1e0dd2.1","offset":100,"series":{"loss":[[0,1,2],[1.0978,0.5978,0.1978],[0.1,0.1,0.1]],"val_acc":[[0,1,2],[0.7022,0.9022,0.8982],[0.1,0.1,0.1]],"test_acc":[[0],[0.8922],[0.1]]}}','9ef34eec9232d34e162cf8f97c8d79233cd6131aa5437b7278656b3bf37bb86c');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',40,1780000010.0,'attempt.ended','t-71a0abac8f1e0dd2.1','{"attempt":"t-71a0abac8f1e0dd2.1","trial":"t-71a0abac8f1e0dd2","state":"succeeded","trial_state":"succeeded","cause":null,"error":null,"exit_code":null,"signal":null,"usage":{"seconds":1.5,"cpu_seconds":1.5,"max_rss_mb":210.0}}','7c8f6fddf754122d94023cda8385cf9ae883c528e92d9bc76a9244535995fd8c');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',41,1780000010.25,'attempt.leased','t-3f4c3a5b92b7d83c.1','{"attempt":"t-3f4c3a5b92b7d83c.1","trial":"t-3f4c3a5b92b7d83c","n":1,"fence":41,"sweep":"s-15fff81e0f15","epoch":1,"slot":"local:0","folder":"runs/t-3f4c3a5b92b7d83c.1"}','e555a199ee610d343fff36cad3a55aa8f5306547c306aa758aa15152aca9e84c');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',42,1780000010.5,'attempt.started','t-3f4c3a5b92b7d83c.1','{"attempt":"t-3f4c3a5b92b7d83c.1","host":"sample-host","pid":4121,"pid_started":1,"isolation":"fork","start_ms":9.5,"began":null}','f4cf4f39d00d5ef2d0803a30fa730ea2a75dd7f981b5f234a6bd97380d389666');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',43,1780000010.75,'metrics.logged','t-3f4c3a5b92b7d83c.1','{"attempt":"t-3f4c3a5b92b7d83c.1","offset":100,"series":{"loss":[[0,1,2],[1.0714,0.5714,0.1714],[0.1,0.1,0.1]],"val_acc":[[0,1,2],[0.7286,0.9286,0.9246],[0.1,0.1,0.1]],"test_acc":[[0],[0.9186],[0.1]]}}','feaeec941bbdb1daa6e55ee2f5892540326beb9fbfc1bb2854304313e6cafd5e');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',44,1780000011.0,'attempt.ended','t-3f4c3a5b92b7d83c.1','{"attempt":"t-3f4c3a5b92b7d83c.1","trial":"t-3f4c3a5b92b7d83c","state":"succeeded","trial_state":"succeeded","cause":null,"error":null,"exit_code":null,"signal":null,"usage":{"seconds":1.5,"cpu_seconds":1.5,"max_rss_mb":210.0}}','7f454659bd16263ce6b5a9855ce79f43e831f9c2338670b884ce0856e2d0bbb9');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',45,1780000011.25,'attempt.leased','t-c5de98b64366610b.1','{"attempt":"t-c5de98b64366610b.1","trial":"t-c5de98b64366610b","n":1,"fence":45,"sweep":"s-15fff81e0f15","epoch":1,"slot":"local:0","folder":"runs/t-c5de98b64366610b.1"}','c15c7a85bf75547db2fb068788da2fbd73745bbf451e412426844fb0fe074486');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',46,1780000011.5,'attempt.started','t-c5de98b64366610b.1','{"attempt":"t-c5de98b64366610b.1","host":"sample-host","pid":4121,"pid_started":1,"isolation":"fork","start_ms":9.5,"began":null}','8e3f3c9dce20176eacbd1a69bc08f5792aa4f59c36d4d667587274c87363fc1a');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',47,1780000011.75,'metrics.logged','t-c5de98b64366610b.1','{"attempt":"t-c5de98b64366610b.1","offset":100,"series":{"loss":[[0,1,2],[1.0883,0.5883,0.1883],[0.1,0.1,0.1]],"val_acc":[[0,1,2],[0.7117,0.9117,0.9077],[0.1,0.1,0.1]],"test_acc":[[0],[0.9017],[0.1]]}}','c746cbb8e253723a49eb63c34b54ca08bf8606762f8ddb545f6258697e661360');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',48,1780000012.0,'attempt.ended','t-c5de98b64366610b.1','{"attempt":"t-c5de98b64366610b.1","trial":"t-c5de98b64366610b","state":"succeeded","trial_state":"succeeded","cause":null,"error":null,"exit_code":null,"signal":null,"usage":{"seconds":1.5,"cpu_seconds":1.5,"max_rss_mb":210.0}}','884cfeabb6abe83b80f019498b4eb1f11dc25881010fd7cc869dd2781b1fc56f');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',49,1780000012.25,'attempt.leased','t-0c397dd8bfa540ef.1','{"attempt":"t-0c397dd8bfa540ef.1","trial":"t-0c397dd8bfa540ef","n":1,"fence":49,"sweep":"s-15fff81e0f15","epoch":1,"slot":"local:0","folder":"runs/t-0c397dd8bfa540ef.1"}','0f930648e098a54f42fdc5e55b2b59fd389710488968c0b650663bb1ae250a8e');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',50,1780000012.5,'attempt.started','t-0c397dd8bfa540ef.1','{"attempt":"t-0c397dd8bfa540ef.1","host":"sample-host","pid":4121,"pid_started":1,"isolation":"fork","start_ms":9.5,"began":null}','e83580f1e701e1d9c24543d794cc94de652508b3298d4e03e09d43a876ebfd92');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',51,1780000012.75,'metrics.logged','t-0c397dd8bfa540ef.1','{"attempt":"t-0c397dd8bfa540ef.1","offset":100,"series":{"loss":[[0,1,2],[1.0621,0.5621,0.1621],[0.1,0.1,0.1]],"val_acc":[[0,1,2],[0.7379,0.9379,0.9339],[0.1,0.1,0.1]],"test_acc":[[0],[0.9279],[0.1]]}}','682a3976a4fde41ff47bdf0d2801d52e10e62ff6d7a3cca3a031cf9beab80d74');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',52,1780000013.0,'attempt.ended','t-0c397dd8bfa540ef.1','{"attempt":"t-0c397dd8bfa540ef.1","trial":"t-0c397dd8bfa540ef","state":"succeeded","trial_state":"succeeded","cause":null,"error":null,"exit_code":null,"signal":null,"usage":{"seconds":1.5,"cpu_seconds":1.5,"max_rss_mb":210.0}}','985c4ef280fc19407c1cc7ab0eddf2a252b94eb6ae13509a56b98c57765a8f6a');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',53,1780000013.25,'attempt.leased','t-6eaeb2d6173d04a3.1','{"attempt":"t-6eaeb2d6173d04a3.1","trial":"t-6eaeb2d6173d04a3","n":1,"fence":53,"sweep":"s-15fff81e0f15","epoch":1,"slot":"local:0","folder":"runs/t-6eaeb2d6173d04a3.1"}','7cb031716a7e3b82ba5bd1bb6314a2d872ec5045c8f42a894e94e41bf93fda71');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',54,1780000013.5,'attempt.started','t-6eaeb2d6173d04a3.1','{"attempt":"t-6eaeb2d6173d04a3.1","host":"sample-host","pid":4121,"pid_started":1,"isolation":"fork","start_ms":9.5,"began":null}','68014e04d7998c8901302e1f644620f4191be593515b6b91478a422ec3ba7e4e');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',55,1780000013.75,'metrics.logged','t-6eaeb2d6173d04a3.1','{"attempt":"t-6eaeb2d6173d04a3.1","offset":100,"series":{"loss":[[0,1,2],[1.0986,0.5986,0.1986],[0.1,0.1,0.1]],"val_acc":[[0,1,2],[0.7014,0.9014,0.8974],[0.1,0.1,0.1]],"test_acc":[[0],[0.8914],[0.1]]}}','3646584250263b843a60887254a466736be33965de68718d8b4235f1e3c06ebc');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',56,1780000014.0,'attempt.ended','t-6eaeb2d6173d04a3.1','{"attempt":"t-6eaeb2d6173d04a3.1","trial":"t-6eaeb2d6173d04a3","state":"succeeded","trial_state":"succeeded","cause":null,"error":null,"exit_code":null,"signal":null,"usage":{"seconds":1.5,"cpu_seconds":1.5,"max_rss_mb":210.0}}','5bbfb2878c5f51b8be11a2b5d9ce08ac726294279fa5962f20f3f02bd25f549b');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',57,1780000014.25,'attempt.leased','t-e882a4c84218f95f.1','{"attempt":"t-e882a4c84218f95f.1","trial":"t-e882a4c84218f95f","n":1,"fence":57,"sweep":"s-15fff81e0f15","epoch":1,"slot":"local:0","folder":"runs/t-e882a4c84218f95f.1"}','9f5c8900cc111127914bcc43cc24c71b39438e80c9b87c719ba927aeb23956bb');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',58,1780000014.5,'attempt.started','t-e882a4c84218f95f.1','{"attempt":"t-e882a4c84218f95f.1","host":"sample-host","pid":4121,"pid_started":1,"isolation":"fork","start_ms":9.5,"began":null}','6b31f136aaf5dd8a8bbf1397de9e97ba3a93114e8f61e3e4f70e3915b82b5b7b');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',59,1780000014.75,'metrics.logged','t-e882a4c84218f95f.1','{"attempt":"t-e882a4c84218f95f.1","offset":100,"series":{"loss":[[0,1,2],[1.0693,0.5693,0.1693],[0.1,0.1,0.1]],"val_acc":[[0,1,2],[0.7307,0.9307,0.9267],[0.1,0.1,0.1]],"test_acc":[[0],[0.9207],[0.1]]}}','ac3c20bfb61e671b19a2d858edfc4ed454875830fb073b3ac1e4aa335268a7b2');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',60,1780000015.0,'attempt.ended','t-e882a4c84218f95f.1','{"attempt":"t-e882a4c84218f95f.1","trial":"t-e882a4c84218f95f","state":"succeeded","trial_state":"succeeded","cause":null,"error":null,"exit_code":null,"signal":null,"usage":{"seconds":1.5,"cpu_seconds":1.5,"max_rss_mb":210.0}}','1daa2d3f5e6e514a60aad779dc14b2a99e5d9f6fb7565192e6161cc8295fd9ea');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',61,1780000015.25,'sweep.ended','s-15fff81e0f15','{"sweep":"s-15fff81e0f15","state":"done"}','29b009e82f47f184fe3113b96a02fcbf46864c4467a6e65525df19ca451fa6da');
INSERT INTO "fact" VALUES('8719c9f5f7806ebeba918faee6102ca0',62,1780000015.5,'tag.set','t-9e76dbab792a17ca','{"target":"t-9e76dbab792a17ca","tag":"baseline","on":true,"by":"ada"}','d286a4058c333be7b993abdf8dd2262d9842f7f444a34ddf91ab3528e8b5407c');
CREATE TABLE metric (
  attempt TEXT NOT NULL, name TEXT NOT NULL, n INTEGER NOT NULL, last REAL, last_kind TEXT NOT NULL,
  last_step INTEGER, low REAL, low_step INTEGER, high REAL, high_step INTEGER,
  PRIMARY KEY (attempt, name)
) WITHOUT ROWID;
INSERT INTO "metric" VALUES('t-0c397dd8bfa540ef.1','loss',3,0.1621,'float',2,0.1621,2,1.0621,0);
INSERT INTO "metric" VALUES('t-0c397dd8bfa540ef.1','test_acc',1,0.9279,'float',0,0.9279,0,0.9279,0);
INSERT INTO "metric" VALUES('t-0c397dd8bfa540ef.1','val_acc',3,0.9339,'float',2,0.7379,0,0.9379,1);
INSERT INTO "metric" VALUES('t-3f4c3a5b92b7d83c.1','loss',3,0.1714,'float',2,0.1714,2,1.0714,0);
INSERT INTO "metric" VALUES('t-3f4c3a5b92b7d83c.1','test_acc',1,0.9186,'float',0,0.9186,0,0.9186,0);
INSERT INTO "metric" VALUES('t-3f4c3a5b92b7d83c.1','val_acc',3,0.9246,'float',2,0.7286,0,0.9286,1);
INSERT INTO "metric" VALUES('t-6e947805f031f927.1','loss',1,2.3,'float',0,2.3,0,2.3,0);
INSERT INTO "metric" VALUES('t-6eaeb2d6173d04a3.1','loss',3,0.1986,'float',2,0.1986,2,1.0986,0);
INSERT INTO "metric" VALUES('t-6eaeb2d6173d04a3.1','test_acc',1,0.8914,'float',0,0.8914,0,0.8914,0);
INSERT INTO "metric" VALUES('t-6eaeb2d6173d04a3.1','val_acc',3,0.8974,'float',2,0.7014,0,0.9014,1);
INSERT INTO "metric" VALUES('t-71a0abac8f1e0dd2.1','loss',3,0.1978,'float',2,0.1978,2,1.0978,0);
INSERT INTO "metric" VALUES('t-71a0abac8f1e0dd2.1','test_acc',1,0.8922,'float',0,0.8922,0,0.8922,0);
INSERT INTO "metric" VALUES('t-71a0abac8f1e0dd2.1','val_acc',3,0.8982,'float',2,0.7022,0,0.9022,1);
INSERT INTO "metric" VALUES('t-9e76dbab792a17ca.1','loss',3,0.1924,'float',2,0.1924,2,1.0924,0);
INSERT INTO "metric" VALUES('t-9e76dbab792a17ca.1','test_acc',1,0.8976,'float',0,0.8976,0,0.8976,0);
INSERT INTO "metric" VALUES('t-9e76dbab792a17ca.1','val_acc',3,0.9036,'float',2,0.7076,0,0.9076,1);
INSERT INTO "metric" VALUES('t-c5de98b64366610b.1','loss',3,0.1883,'float',2,0.1883,2,1.0883,0);
INSERT INTO "metric" VALUES('t-c5de98b64366610b.1','test_acc',1,0.9017,'float',0,0.9017,0,0.9017,0);
INSERT INTO "metric" VALUES('t-c5de98b64366610b.1','val_acc',3,0.9077,'float',2,0.7117,0,0.9117,1);
INSERT INTO "metric" VALUES('t-c823b409c146ad6a.1','loss',3,0.1639,'float',2,0.1639,2,1.0639,0);
INSERT INTO "metric" VALUES('t-c823b409c146ad6a.1','test_acc',1,0.9261,'float',0,0.9261,0,0.9261,0);
INSERT INTO "metric" VALUES('t-c823b409c146ad6a.1','val_acc',3,0.9321,'float',2,0.7361,0,0.9361,1);
INSERT INTO "metric" VALUES('t-dc32b3ca9e7b30d3.1','loss',3,NULL,'nan',2,0.9,1,1.1,0);
INSERT INTO "metric" VALUES('t-dc32b3ca9e7b30d3.1','test_acc',1,0.8931,'float',0,0.8931,0,0.8931,0);
INSERT INTO "metric" VALUES('t-dc32b3ca9e7b30d3.1','val_acc',3,0.8991,'float',2,0.7031,0,0.9031,1);
INSERT INTO "metric" VALUES('t-de3fd8aa4c9c0140.1','loss',3,0.1885,'float',2,0.1885,2,1.0885,0);
INSERT INTO "metric" VALUES('t-de3fd8aa4c9c0140.1','test_acc',1,0.9015,'float',0,0.9015,0,0.9015,0);
INSERT INTO "metric" VALUES('t-de3fd8aa4c9c0140.1','val_acc',3,0.9075,'float',2,0.7115,0,0.9115,1);
INSERT INTO "metric" VALUES('t-e76dc58eff064779.1','loss',1,1.0627,'float',0,1.0627,0,1.0627,0);
INSERT INTO "metric" VALUES('t-e76dc58eff064779.1','val_acc',1,0.7373,'float',0,0.7373,0,0.7373,0);
INSERT INTO "metric" VALUES('t-e76dc58eff064779.2','loss',3,0.1627,'float',2,0.1627,2,1.0627,0);
INSERT INTO "metric" VALUES('t-e76dc58eff064779.2','test_acc',1,0.9273,'float',2,0.9273,2,0.9273,2);
INSERT INTO "metric" VALUES('t-e76dc58eff064779.2','val_acc',3,0.9333,'float',2,0.7373,0,0.9373,1);
INSERT INTO "metric" VALUES('t-e882a4c84218f95f.1','loss',3,0.1693,'float',2,0.1693,2,1.0693,0);
INSERT INTO "metric" VALUES('t-e882a4c84218f95f.1','test_acc',1,0.9207,'float',0,0.9207,0,0.9207,0);
INSERT INTO "metric" VALUES('t-e882a4c84218f95f.1','val_acc',3,0.9267,'float',2,0.7307,0,0.9307,1);
CREATE TABLE origin (
  id TEXT PRIMARY KEY, host TEXT NOT NULL, user TEXT NOT NULL, created REAL NOT NULL, own INTEGER NOT NULL
);
INSERT INTO "origin" VALUES('8719c9f5f7806ebeba918faee6102ca0','vm','root',1780000000.0,1);
CREATE TABLE structure (
  id TEXT PRIMARY KEY, conf TEXT NOT NULL, choices TEXT NOT NULL, unresolved TEXT NOT NULL,
  resolved TEXT NOT NULL
);
INSERT INTO "structure" VALUES('29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b','resnet','{"model": "resnet8"}','{"recipe": "resnet", "seed": 0, "metric": "val_acc", "mode": "max", "epochs": 3, "model": {"name": "resnet", "depth": 8}, "optim": {"name": "sgd", "lr": 0.1}, "data": {"name": "digits", "root": "${oc.env:DATA_ROOT,data}"}}','{"recipe": "resnet", "seed": 0, "metric": "val_acc", "mode": "max", "epochs": 3, "model": {"name": "resnet", "depth": 8}, "optim": {"name": "sgd", "lr": 0.1}, "data": {"name": "digits", "root": "${oc.env:DATA_ROOT,data}"}}');
CREATE TABLE sweep (
  id TEXT PRIMARY KEY, conf TEXT NOT NULL, recipe TEXT NOT NULL, metric TEXT NOT NULL, mode TEXT NOT NULL,
  executor TEXT NOT NULL, state TEXT NOT NULL, total INTEGER NOT NULL, epoch INTEGER NOT NULL DEFAULT 0,
  controller_host TEXT, controller_pid INTEGER, stop_requested INTEGER NOT NULL DEFAULT 0,
  planned REAL NOT NULL, started REAL, ended REAL, user TEXT, git_commit TEXT, git_branch TEXT,
  spec TEXT NOT NULL, provenance TEXT NOT NULL
);
INSERT INTO "sweep" VALUES('s-15fff81e0f15','resnet','resnet','val_acc','max','local','done',12,1,'sample-host',4120,0,1780000000.5,1780000001.0,1780000015.25,'ada','3f786850e387550fdab836ed7e6dc881de23001b','main','{"executor": {"name": "local", "slots": 2}, "budget": {"trials": null, "hours": null}}','{"git": {"commit": "3f786850e387550fdab836ed7e6dc881de23001b", "branch": "main", "dirty": false}, "code": {"digest": "89e6c98d92887913cadf06b2adb97f26cde4849b", "files": {"recipes/resnet.py": "1a"}}, "argv": ["agil", "sweep", "conf=resnet"], "user": "ada", "host": "sample-host", "python": "3.11.7", "agilml": "0.1.0", "packages": {"torch": "2.13.0", "numpy": "2.3.0"}}');
CREATE TABLE sweep_trial (
  sweep TEXT NOT NULL, idx INTEGER NOT NULL, trial TEXT NOT NULL, params TEXT NOT NULL,
  kept INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (sweep, idx)
) WITHOUT ROWID;
INSERT INTO "sweep_trial" VALUES('s-15fff81e0f15',0,'t-9e76dbab792a17ca','{"optim.lr": 0.05, "model.depth": 8, "seed": 0}',0);
INSERT INTO "sweep_trial" VALUES('s-15fff81e0f15',1,'t-e76dc58eff064779','{"optim.lr": 0.05, "model.depth": 14, "seed": 0}',0);
INSERT INTO "sweep_trial" VALUES('s-15fff81e0f15',2,'t-dc32b3ca9e7b30d3','{"optim.lr": 0.2, "model.depth": 8, "seed": 0}',0);
INSERT INTO "sweep_trial" VALUES('s-15fff81e0f15',3,'t-6e947805f031f927','{"optim.lr": 0.2, "model.depth": 14, "seed": 0}',0);
INSERT INTO "sweep_trial" VALUES('s-15fff81e0f15',4,'t-de3fd8aa4c9c0140','{"optim.lr": 0.05, "model.depth": 8, "seed": 1}',0);
INSERT INTO "sweep_trial" VALUES('s-15fff81e0f15',5,'t-c823b409c146ad6a','{"optim.lr": 0.05, "model.depth": 14, "seed": 1}',0);
INSERT INTO "sweep_trial" VALUES('s-15fff81e0f15',6,'t-71a0abac8f1e0dd2','{"optim.lr": 0.2, "model.depth": 8, "seed": 1}',0);
INSERT INTO "sweep_trial" VALUES('s-15fff81e0f15',7,'t-3f4c3a5b92b7d83c','{"optim.lr": 0.2, "model.depth": 14, "seed": 1}',0);
INSERT INTO "sweep_trial" VALUES('s-15fff81e0f15',8,'t-c5de98b64366610b','{"optim.lr": 0.05, "model.depth": 8, "seed": 2}',0);
INSERT INTO "sweep_trial" VALUES('s-15fff81e0f15',9,'t-0c397dd8bfa540ef','{"optim.lr": 0.05, "model.depth": 14, "seed": 2}',0);
INSERT INTO "sweep_trial" VALUES('s-15fff81e0f15',10,'t-6eaeb2d6173d04a3','{"optim.lr": 0.2, "model.depth": 8, "seed": 2}',0);
INSERT INTO "sweep_trial" VALUES('s-15fff81e0f15',11,'t-e882a4c84218f95f','{"optim.lr": 0.2, "model.depth": 14, "seed": 2}',0);
CREATE TABLE tag (
  target TEXT NOT NULL, tag TEXT NOT NULL, by TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (target, tag)
) WITHOUT ROWID;
INSERT INTO "tag" VALUES('t-9e76dbab792a17ca','baseline','ada',1780000015.5);
CREATE TABLE trial (
  id TEXT PRIMARY KEY, structure TEXT NOT NULL, delta TEXT NOT NULL,
  state TEXT NOT NULL, attempt TEXT, attempts INTEGER NOT NULL DEFAULT 0, counted INTEGER NOT NULL DEFAULT 0,
  lost INTEGER NOT NULL DEFAULT 0,
  cancel_requested INTEGER NOT NULL DEFAULT 0, planned REAL NOT NULL, started REAL, ended REAL
);
INSERT INTO "trial" VALUES('t-9e76dbab792a17ca','29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b','{"optim.lr": 0.05, "model.depth": 8, "seed": 0}','succeeded','t-9e76dbab792a17ca.1',1,0,0,0,1780000000.75,1780000001.25,1780000002.0);
INSERT INTO "trial" VALUES('t-e76dc58eff064779','29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b','{"optim.lr": 0.05, "model.depth": 14, "seed": 0}','succeeded','t-e76dc58eff064779.2',2,0,0,0,1780000000.75,1780000002.25,1780000004.75);
INSERT INTO "trial" VALUES('t-dc32b3ca9e7b30d3','29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b','{"optim.lr": 0.2, "model.depth": 8, "seed": 0}','succeeded','t-dc32b3ca9e7b30d3.1',1,0,0,0,1780000000.75,1780000005.0,1780000006.0);
INSERT INTO "trial" VALUES('t-6e947805f031f927','29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b','{"optim.lr": 0.2, "model.depth": 14, "seed": 0}','failed','t-6e947805f031f927.1',1,1,0,0,1780000000.75,1780000006.25,1780000007.0);
INSERT INTO "trial" VALUES('t-de3fd8aa4c9c0140','29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b','{"optim.lr": 0.05, "model.depth": 8, "seed": 1}','succeeded','t-de3fd8aa4c9c0140.1',1,0,0,0,1780000000.75,1780000007.25,1780000008.0);
INSERT INTO "trial" VALUES('t-c823b409c146ad6a','29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b','{"optim.lr": 0.05, "model.depth": 14, "seed": 1}','succeeded','t-c823b409c146ad6a.1',1,0,0,0,1780000000.75,1780000008.25,1780000009.0);
INSERT INTO "trial" VALUES('t-71a0abac8f1e0dd2','29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b','{"optim.lr": 0.2, "model.depth": 8, "seed": 1}','succeeded','t-71a0abac8f1e0dd2.1',1,0,0,0,1780000000.75,1780000009.25,1780000010.0);
INSERT INTO "trial" VALUES('t-3f4c3a5b92b7d83c','29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b','{"optim.lr": 0.2, "model.depth": 14, "seed": 1}','succeeded','t-3f4c3a5b92b7d83c.1',1,0,0,0,1780000000.75,1780000010.25,1780000011.0);
INSERT INTO "trial" VALUES('t-c5de98b64366610b','29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b','{"optim.lr": 0.05, "model.depth": 8, "seed": 2}','succeeded','t-c5de98b64366610b.1',1,0,0,0,1780000000.75,1780000011.25,1780000012.0);
INSERT INTO "trial" VALUES('t-0c397dd8bfa540ef','29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b','{"optim.lr": 0.05, "model.depth": 14, "seed": 2}','succeeded','t-0c397dd8bfa540ef.1',1,0,0,0,1780000000.75,1780000012.25,1780000013.0);
INSERT INTO "trial" VALUES('t-6eaeb2d6173d04a3','29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b','{"optim.lr": 0.2, "model.depth": 8, "seed": 2}','succeeded','t-6eaeb2d6173d04a3.1',1,0,0,0,1780000000.75,1780000013.25,1780000014.0);
INSERT INTO "trial" VALUES('t-e882a4c84218f95f','29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b','{"optim.lr": 0.2, "model.depth": 14, "seed": 2}','succeeded','t-e882a4c84218f95f.1',1,0,0,0,1780000000.75,1780000014.25,1780000015.0);
CREATE TABLE warning (attempt TEXT NOT NULL, at REAL NOT NULL, text TEXT NOT NULL);
INSERT INTO "warning" VALUES('t-dc32b3ca9e7b30d3.1',1780000005.75,'loss is NaN at step 2');
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX fact_points ON fact (subject, seq) WHERE kind = 'metrics.logged';
CREATE INDEX sweep_planned ON sweep (planned);
CREATE INDEX sweep_branch ON sweep (git_branch, planned);
CREATE INDEX trial_planned ON trial (planned);
CREATE INDEX sweep_trial_trial ON sweep_trial (trial);
CREATE INDEX attempt_sweep ON attempt (sweep, state);
CREATE INDEX metric_high ON metric (name, high);
CREATE INDEX metric_last ON metric (name, last);
CREATE INDEX checkpoint_trial ON checkpoint (trial, step);
CREATE INDEX warning_attempt ON warning (attempt);
CREATE INDEX tag_tag ON tag (tag);
CREATE VIEW metric_point AS
  SELECT fact.subject AS attempt, series.key AS name,
         json_extract(series.value, '$[0][' || point.key || ']') AS step,
         point.value AS value,
         json_extract(series.value, '$[2][' || point.key || ']') AS seconds
    FROM fact, json_each(fact.body, '$.series') AS series, json_each(series.value, '$[1]') AS point
   WHERE fact.kind = 'metrics.logged';
COMMIT;
