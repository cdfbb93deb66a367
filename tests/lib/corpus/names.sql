-- Names that are not words: quotes, dots, slashes, unicode, 64 letters.
SET NAMES utf8mb4;
SET SESSION sql_mode='';
CREATE DATABASE `na.me/s ``'";\\é名` CHARACTER SET utf8mb4;
CREATE DATABASE `../../etc/passwd`;
CREATE DATABASE `..-1`;
CREATE DATABASE `select`;
CREATE DATABASE `@0041b`;
CREATE DATABASE `Ab`;
CREATE DATABASE `aB`;
CREATE TABLE `../../etc/passwd`.`../x` (`../y` INT PRIMARY KEY);
INSERT INTO `../../etc/passwd`.`../x` VALUES (1);
CREATE TABLE `..-1`.`.` (a INT); CREATE TABLE `..-1`.`..` (a INT); CREATE TABLE `..-1`.`-schema` (a INT); CREATE TABLE `..-1`.`x.00000.dat` (a INT); CREATE TABLE `..-1`.`x` (a INT); CREATE TABLE `..-1`.`x-schema` (a INT); CREATE TABLE `..-1`.`x-schema-triggers` (a INT);
INSERT INTO `..-1`.`x` VALUES (1); INSERT INTO `..-1`.`x.00000.dat` VALUES (2); INSERT INTO `..-1`.`x-schema` VALUES (3);
CREATE TABLE `select`.`from` (`where` INT PRIMARY KEY, `group` INT, KEY `order` (`group`), CONSTRAINT `check` CHECK (`where` > 0)); INSERT INTO `select`.`from` VALUES (1, 2);
CREATE TABLE `@0041b`.`@002e` (a INT); CREATE TABLE `@0041b`.`.` (b INT); CREATE TABLE `@0041b`.`#sql-1` (a INT); 
INSERT INTO `@0041b`.`@002e` VALUES (1); INSERT INTO `@0041b`.`.` VALUES (2);
CREATE TABLE `Ab`.`T` (a INT); CREATE TABLE `Ab`.`t` (b INT); CREATE TABLE `aB`.`T` (c INT); INSERT INTO `Ab`.`T` VALUES (1); INSERT INTO `Ab`.`t` VALUES (2); INSERT INTO `aB`.`T` VALUES (3);
USE `na.me/s ``'";\\é名`;
CREATE TABLE `t.a/b``c'd"e f;g\\h` (`c.a/b``c'd"e f;g\\h` INT PRIMARY KEY COMMENT 'c''"`;;', `%` INT, `_` INT, `?` INT, `é` INT, `名` INT, `@` INT, KEY `k ``'"` (`%`), CONSTRAINT `ck ``'"` CHECK (`é` <> 1)) COMMENT='t''"`;;';
INSERT INTO `t.a/b``c'd"e f;g\\h` VALUES (1, 2, 3, 4, 5, 6, 7), (2, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE `tab	and
newline` (`tab	and
newline` INT PRIMARY KEY); INSERT INTO `tab	and
newline` VALUES (1);
CREATE TABLE `DELIMITER` (`$$` INT, `;;` INT, `//` INT, `--` INT, `#` INT, `/*` INT, `*/` INT); INSERT INTO `DELIMITER` VALUES (1, 2, 3, 4, 5, 6, 7);
CREATE TABLE `名前名前名前名前名前名前名前名前名前名前名前名前名前名前名前名前名前名前名前名前名前名前名前名前` (`名前名前名前名前名前名前名前名前名前名前名前名前名前名前名前名前名前名前名前名前名前名前名前名前名前名前名前名前名前名前名前名前` INT PRIMARY KEY);
CREATE TABLE `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa` (a INT); CREATE TABLE `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab` (a INT);
CREATE TABLE `////////////////////////////////////////////////` (a INT); CREATE TABLE `///////////////////////////////////////////////.` (a INT); CREATE TABLE `///////////////////////////////////////////////@` (a INT);
CREATE TABLE `é` (a INT); CREATE TABLE `e` (a INT); CREATE TABLE `É` (a INT); INSERT INTO `é` VALUES (1); INSERT INTO `e` VALUES (2); INSERT INTO `É` VALUES (3);
CREATE VIEW `v ``.'"/` AS SELECT `c.a/b``c'd"e f;g\\h` AS `a ``.'"/`, `名` FROM `t.a/b``c'd"e f;g\\h`;
CREATE SEQUENCE `s ``.'"/`;
CREATE TABLE uses_it (a BIGINT DEFAULT NEXTVAL(`s ``.'"/`), b INT); INSERT INTO uses_it (b) VALUES (1), (2);
DELIMITER //
CREATE PROCEDURE `p ``.'"/`(IN `a ``` INT) SELECT `a ```//
CREATE FUNCTION `f ``.'"/`(`a ``` INT) RETURNS INT RETURN `a ```//
CREATE TRIGGER `tr ``.'"/` BEFORE INSERT ON `t.a/b``c'd"e f;g\\h` FOR EACH ROW SET NEW.`%` = NEW.`é`//
CREATE EVENT `ev ``.'"/` ON SCHEDULE EVERY 1 YEAR STARTS '2030-01-01 00:00:00' DO DELETE FROM `t.a/b``c'd"e f;g\\h`//
DELIMITER ;
