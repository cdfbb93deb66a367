-- What a database does, made by a client that speaks cp1251: the test converts
-- this file.
CREATE DATABASE cyrillic CHARACTER SET cp1251;
USE cyrillic;
SET NAMES cp1251;
CREATE TABLE `таб` (`кол` INT COMMENT 'к', b ENUM('да', 'нет') DEFAULT 'нет');
INSERT INTO `таб` VALUES (1, 'да');
DELIMITER //
CREATE DEFINER=`юзер`@`localhost` PROCEDURE `проц`(`а` INT) COMMENT 'ком\n    COMMENT ''мент' SELECT 'тело'//
CREATE DEFINER=`юзер`@`localhost` FUNCTION `фун`(`а` VARCHAR(3) CHARACTER SET cp1251) RETURNS ENUM('да','нет') CHARSET cp1251 COMMENT 'коммент' RETURN 'да'//
CREATE FUNCTION plain(`а` TEXT) RETURNS TEXT RETURN '
    COMMENT ''я'//
CREATE DEFINER=`юзер`@`localhost` TRIGGER ` TRIGGER триг` BEFORE INSERT ON `таб` FOR EACH ROW SET NEW.`кол`='тело'//
CREATE DEFINER=`юзер`@`localhost` EVENT ` DO соб` ON SCHEDULE EVERY 3 HOUR STARTS '2031-01-01' COMMENT 'ком DO ''мент' DO SELECT 'тело'//
CREATE DEFINER=`юзер`@`localhost` VIEW `вид` AS SELECT `кол`, 'тело' AS `я` FROM `таб`//
SET sql_mode=ORACLE//
CREATE PACKAGE `пак` COMMENT 'я' AS FUNCTION `ф` RETURN INT; END `пак`//
CREATE PACKAGE BODY `пак` AS FUNCTION `ф` RETURN INT AS BEGIN RETURN 1; END; END пак//
CREATE FUNCTION `ор` RETURN VARCHAR(9) COMMENT 'я' AS BEGIN RETURN 'я'; END `ор`//
